# Varnish between the gate and an origin. The default VCL needs only a backend. The tests replace the words in capitals.
vcl 4.0;
backend default {
    .host = "127.0.0.1";
    .port = "BEHIND";
}
