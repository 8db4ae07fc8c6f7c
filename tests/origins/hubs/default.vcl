# Varnish between the gate and an origin: its default VCL, which needs no more than a backend. The words in capitals are filled in.
vcl 4.0;
backend default {
    .host = "127.0.0.1";
    .port = "BEHIND";
}
