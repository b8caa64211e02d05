#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
# A client of wordcount-server that needs nothing but what comes with Perl. Usage: wordcount.pl SOCKET TEXT
use strict;
use warnings;
use Encode qw(decode);
use IO::Socket::UNIX;
use JSON::PP;

my ($path, $text) = @ARGV;
die "usage: wordcount.pl SOCKET TEXT\n" unless defined $text;
$path =~ s/^unix://; # as the other programs here want an address
$text = decode("UTF-8", $text); # a text in Perl is characters, but an argument is bytes
binmode(STDOUT, ":encoding(UTF-8)");
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "cannot connect to $path: $!\n";

# A call is a JSON array: "do", an object for later, the method, the arguments. So is the answer: "ok" or "er", an
# object again, and the result or the error.
print {$socket} encode_json(["do", {}, "frequencies", $text]);
$socket->flush;

my $json = JSON::PP->new->utf8->canonical;
my $answer;
while (!$answer) {
    sysread($socket, my $bytes, 65536) or die "the server has hung up\n";
    $answer = $json->incr_parse($bytes);
}
my ($code, $meta, $value) = @$answer;
die "$value\n" if $code eq "er";
print "$_: $value->{$_}\n" for sort keys %$value;
