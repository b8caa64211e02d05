#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# A worker server written from docs/protocol.md alone, as another language would write it; and, with --mode, one that
# misbehaves.
#
#   raw-server.pl ADDRESS [--once] [--no-catch-all] [--mode MODE] [--size BYTES] [--limit BYTES] [--record FILE]
#
# ADDRESS is unix:/path or tcp://host:port (loopback only; port 0 picks a free one). When ready it prints "listening on
# ADDRESS". A child is forked for each connection, serves it alone and ends with it, also when the server has gone. TERM
# or INT ends the server and removes its socket.
#
#   --once           serve a single connection, then exit
#   --no-catch-all   an unknown method is an error; without this, a call whose first item names no method returns all
#                    its items
#   --limit BYTES    the longest message accepted (default: 64 MiB)
#   --record FILE    append every byte received, exactly as it came
#
# Modes: normal
#        garbage         answers any call with: not json
#        not-array       answers any call with: {"ok":1}
#        bad-code        answers any call with: ["zz",{},1]
#        two-replies     sends each reply twice
#        unasked         sends an ok right at connect, then behaves
#        half            sends half of a reply, closes
#        half-hang       sends half of a reply, then nothing for 60 s
#        oversize        answers any call with a string of --size bytes (default: 65 MiB)
#        mute            reads and never answers
#        close-at-accept closes every connection at once
use v5.36;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Getopt::Long qw(GetOptions);
use IO::Handle;
use POSIX ();
use RawPeer qw(listen_on parse_address write_all to_json is_string);

my %option = (mode => 'normal', size => 65 * 1024 * 1024);
my $usage  = "usage: raw-server.pl ADDRESS "
    . "[--once] [--no-catch-all] [--mode MODE] [--size BYTES] [--limit BYTES] [--record FILE]\n";
GetOptions(\%option, 'once', 'no-catch-all', 'mode=s', 'size=i', 'limit=i', 'record=s') or die $usage;
my $address = shift @ARGV // die $usage;
die $usage if @ARGV;

my $count = 0;    # calls this worker has served, the present one included

# What an interface of names offers: each gets the arguments and returns the result, or dies.
my %method = (
    echo           => sub ($value = undef, @) { $value },
    args           => sub (@items) { \@items },
    pid            => sub (@) { $$ },
    count          => sub (@) { $count },
    add            => sub ($left, $right) { $left + $right },
    fail           => sub ($text = 'failed', @) { die { error => $text } },
    fail_structure => sub (@) { die { error => { code => 42 } } },
    setup_fail     => sub (@) { die { error => "setup exception: no database\n" } },
    unicode        => sub (@) {
        { "\x{3bb}" => "\x{1d1da}", controls => "\0\x01\x1f\x7f", text => "\x{e9}\x{20ac}\x{2028}" }
    },
    die_now        => sub (@) { POSIX::_exit(1) },
    split_echo     => sub ($value = undef, @) { $value },
);

# How a reply is put on the socket, by mode. Returns false to end the connection.
my %send = (
    normal        => sub ($socket, $reply) { write_all($socket, $reply) },
    unasked       => sub ($socket, $reply) { write_all($socket, $reply) },
    garbage       => sub ($socket, $) { write_all($socket, 'not json') },
    'not-array'   => sub ($socket, $) { write_all($socket, '{"ok":1}') },
    'bad-code'    => sub ($socket, $) { write_all($socket, '["zz",{},1]') },
    'two-replies' => sub ($socket, $reply) { write_all($socket, $reply x 2) },
    half          => sub ($socket, $reply) { write_all($socket, first_half($reply)); 0 },
    'half-hang'   => sub ($socket, $reply) { write_all($socket, first_half($reply)); wait_for_hangup($socket, 60); 0 },
    oversize      => sub ($socket, $) { write_all($socket, '["ok",{},"' . 'x' x $option{size} . '"]') },
    mute          => sub ($, $) { 1 },
    'close-at-accept' => sub ($, $) { 0 },
);
die "unknown mode: $option{mode}\n" if !$send{ $option{mode} };

exit run_server();

# --- the server -----------------------------------------------------------------------------------------------------

sub run_server {
    my ($listener, $actual) = listen_on($address);
    my $remove_socket = sub { my $at = parse_address($actual); unlink $at->{path} if exists $at->{path} };
    local @SIG{qw(TERM INT)} = (sub { $remove_socket->(); POSIX::_exit(0) }) x 2;
    local $SIG{CHLD} = $option{once} ? 'DEFAULT' : 'IGNORE';
    local $SIG{PIPE} = 'IGNORE';

    STDOUT->autoflush(1);
    say "listening on $actual";
    while (1) {
        my $socket = $listener->accept or next;
        my $pid    = fork // die "fork: $!\n";
        if ($pid == 0) {
            @SIG{qw(TERM INT)} = ('DEFAULT') x 2;
            close $listener;
            eval { serve($socket); 1 } or print STDERR "raw-server: worker $$: $@";
            close $socket;
            POSIX::_exit(0);
        }
        close $socket;
        next if !$option{once};
        waitpid $pid, 0;
        $remove_socket->();
        return 0;
    }
}

# --- a worker -------------------------------------------------------------------------------------------------------

# Reads, performs and answers until the client is gone; dies when it does not speak the protocol.
sub serve ($socket) {
    return if $option{mode} eq 'close-at-accept';
    write_all($socket, '["ok",{},"unasked"]') if $option{mode} eq 'unasked';

    my $record = open_record();
    my $stream = RawPeer->new(limit => $option{limit});
    while (defined(my $bytes = read_some($socket))) {
        syswrite $record, $bytes if $record;
        $stream->feed($bytes);
        while (my $message = $stream->next_message) {
            my ($command, @items) = checked($message);
            next   if $command eq 'dn';
            return if !answer($socket, @items);
        }
    }
    return;
}

sub open_record {
    return if !defined $option{record};
    open my $record, '>>:raw', $option{record} or die "cannot write $option{record}: $!\n";
    return $record;
}

# Some bytes; undef at the end of the connection, however it came.
sub read_some ($socket) {
    while (1) {
        my $got = sysread $socket, my $bytes, 65536;
        return $bytes if $got;
        return if defined $got || !$!{EINTR};
    }
}

# The command and the items of a well-shaped message.
sub checked ($message) {
    my ($command, $meta, @items) = @$message;
    die "the command is not a string\n" if !is_string($command);
    die "unknown command: " . to_json($command) . "\n" if $command !~ /^(?:do|dn)\z/;
    die "the meta is not an object\n" if ref $meta ne 'HASH';
    return ($command, @items);
}

# Performs one call and sends its reply. False when the connection is to end.
sub answer ($socket, @items) {
    $count++;
    my $reply = eval { to_json([ 'ok', {}, perform(@items) ]) };
    if (!defined $reply) {
        my $error = ref $@ eq 'HASH' ? $@->{error} : "$@";
        $reply = to_json([ 'er', {}, $error ]);
    }
    return write_slowly($socket, $reply)
        if $option{mode} eq 'normal' && is_string($items[0]) && $items[0] eq 'split_echo';
    return $send{ $option{mode} }->($socket, $reply);
}

sub perform (@items) {
    my $name = is_string($items[0]) ? $items[0] : '';
    if (my $code = $method{$name}) {
        return $code->(@items[ 1 .. $#items ]);
    }
    return \@items if !$option{'no-catch-all'};
    die { error => "no such method: $name" };
}

# Byte by byte, with a pause so that each arrives alone.
sub write_slowly ($socket, $bytes) {
    for my $byte (split //, $bytes) {
        return 0 if !write_all($socket, $byte);
        select undef, undef, undef, 0.0005;
    }
    return 1;
}

sub first_half ($reply) { return substr $reply, 0, int(length($reply) / 2) }

# Sends nothing for so long, or until the client has gone.
sub wait_for_hangup ($socket, $seconds) {
    my $end = time + $seconds;
    while ((my $left = $end - time) > 0) {
        vec(my $readable = '', fileno $socket, 1) = 1;
        next   if select($readable, undef, undef, $left) < 1;
        return if !defined read_some($socket);
    }
    return;
}
