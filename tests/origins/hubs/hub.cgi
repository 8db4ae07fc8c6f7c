#!/usr/bin/perl
# A hub as a CGI program in the style of the 1990s: path, query and headers from the environment.
# A header may ask for another method, as with the middleware of Plack, Slim and Flask.
use strict;
use warnings;

my %identities = map { $_ => 1 } ' ', 'probe write', 'reader read', 'writer write', 'outsider write';

sub does {
    my ($effect) = @_;
    my ($subject, $role) = map { $ENV{"HTTP_X_LYCHGATE_$_"} // '' } 'SUBJECT', 'ROLE';
    $effect = 'write' unless $identities{"$subject $role"};
    my $access = $ENV{HTTP_X_LYCHGATE_ACCESS} // '';
    $subject =~ s/["\\]/?/g;
    print "Status: 200 OK\r\nContent-Type: application/json\r\nX-Effect: $effect\r\n";
    print "X-Probe-Access: $access\r\n" if $access;
    print "X-Seen-Subject: $subject\r\n" if $subject ne '';
    print "\r\n{\"effect\":\"$effect\",\"subject\":\"$subject\"}";
    exit;
}

sub parameters {
    my %parameters;
    for my $pair (map { split /[&;]/ } @_) {
        my ($name, $value) = map { my $text = $_; $text =~ tr/+/ /; $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; $text }
            split(/=/, $pair, 2);
        $parameters{$name} = $value // '' if defined $name;
    }
    return %parameters;
}

my $method = $ENV{REQUEST_METHOD};
$method = uc $ENV{HTTP_X_HTTP_METHOD_OVERRIDE} if $ENV{HTTP_X_HTTP_METHOD_OVERRIDE};
my $is_read = $method eq 'GET' || $method eq 'HEAD';
my $path = $ENV{PATH_INFO} // '/';
my $body = '';
read STDIN, $body, $ENV{CONTENT_LENGTH} if $ENV{CONTENT_LENGTH};
my $is_form = ($ENV{CONTENT_TYPE} // '') =~ m{^application/x-www-form-urlencoded};
my %parameters = parameters($ENV{QUERY_STRING} // '', $is_form ? $body : '');

my $repository = qr{^/[^/]+/[^/]+};
my $model = qr{^/api/models/[^/]+/[^/]+};

does($method eq 'DELETE' ? 'write' : 'read') if $path =~ m{$model$} && ($is_read || $method eq 'DELETE');
does('write') if $path =~ m{$model/settings$} && $method eq 'PUT';
does('write') if $path =~ m{$model/xet-write-token/[^/]+$} && $is_read;
does('read') if $path =~ m{$model/paths-info/[^/]+$} && $method eq 'POST';
does(($parameters{create_pr} // '') eq '1' ? 'contribute' : 'write')
    if $path =~ m{$model/commit/[^/]+$} && $method eq 'POST';
does('contribute') if $path eq '/api/repos/create' && $method eq 'POST';
does('read') if ($path eq '/generate' || $path eq '/v1/chat/completions') && $method eq 'POST';
does(($parameters{service} // '') eq 'git-receive-pack' ? 'write' : 'read')
    if $path =~ m{$repository/info/refs$} && $is_read;
does('write') if $path =~ m{$repository/git-receive-pack$} && $method eq 'POST';
if ($path =~ m{$repository/info/lfs/objects/batch$} && $method eq 'POST') {
    my $operation = $parameters{operation};
    if (!defined $operation) {
        require JSON::PP;
        my $read = eval { JSON::PP::decode_json($body) };
        $operation = ref $read eq 'HASH' ? $read->{operation} // '' : '';
    }
    does($operation eq 'upload' ? 'write' : 'read');
}
print "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnot found";
