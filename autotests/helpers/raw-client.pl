#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# A client written from docs/protocol.md alone, as another language would write it. It puts a worker to the test.
#
#   raw-client.pl [--deadline SECONDS] ADDRESS SCENARIO [ARG…]
#
# ADDRESS is unix:/path or tcp://host:port. The worker offers echo(x), args(…), pid(), count() and fail(text), and has
# no catch-all (where that matters, both are accepted). Prints one line a fact, canonical JSON or a plain word. Exits 0
# if everything held, else 1 with an explanation on stderr; also when the deadline (default: 20 s) has passed.
#
#   echo JSON        one call with this value, byte for byte; prints the value that came back
#   split            calls written one byte at a time
#   coalesced        ten calls, each with its dn, in one write
#   unicode          characters of every kind, as they are and escaped
#   null             null as argument and result, and calls without argument
#   nested           deep, wide and empty structures, large and small numbers
#   function         calls without a method name
#   error            a method that throws; the same worker goes on
#   unknown-method   an error, and the same worker goes on
#   done             dn between calls keeps the worker; another connection has another one
#   pipelined        many calls written before the first reply is read
#   garbage KIND     something that is not the protocol: the worker closes without a reply, and a new connection is
#                    served. KIND is not-array, malformed, unknown-command, non-string-command, bad-meta, empty-array,
#                    mismatched, deep, invalid-utf8, or oversize LIMIT: a message of LIMIT bytes is served, one of
#                    LIMIT + 1 is not
#   all              all of these but oversize
use v5.36;
use warnings;
no warnings qw(recursion);

use FindBin;
use lib $FindBin::RealBin;

use Getopt::Long qw(GetOptions);
use IO::Handle;
use RawPeer qw(connect_to write_all to_json from_json is_string);

my $deadline = 20;
Getopt::Long::Configure('require_order');
GetOptions('deadline=i' => \$deadline) or usage();
my ($address, $scenario, @arguments) = @ARGV;
usage() if !defined $scenario;

# Each is a list of what is written on a connection of its own.
my %garbage = (
    'not-array'          => [ '{"do":{}}', '{', 'x', '"do"', '42', "\xef\xbb\xbf[\"do\",{},\"echo\",1]", ']', "\0" ],
    'malformed'          => [
        '["do",{},nope]',        '["do",{},"echo",]',    '["do" {} "echo"]',      '["do",{},"echo",NaN]',
        '["do",{},"echo",01]',   '["do",{},"echo",.5]',  '["do",{},"echo",\'a\']', '["do",{},"echo","\x"]',
        qq(["do",{},"echo","\t"]), '["do",{},"echo",{1:2}]', '["do",{},"echo",1e999]', '["do",{},"echo","\ud800"]',
        '["do",{},/**/"echo",1]',
    ],
    'unknown-command'    => [
        '["redo",{}]', '["",{}]', '["DO",{},"echo",1]', '["do ",{},"echo",1]', '["ok",{},1]',
        '["do\u0000",{},"echo",1]',
    ],
    'non-string-command' => [ '[1,{},"echo",1]', '[null,{}]', '[true,{}]', '[["do"],{},"echo",1]', '[{},"do"]' ],
    'bad-meta'           => [
        '["do",[],"echo",1]', '["do",null,"echo",1]', '["do","{}","echo",1]', '["do","echo",1]', '["do"]', '["dn",0]',
        '["dn"]',
    ],
    'empty-array'        => [ '[]', ' [ ] ' ],
    'mismatched'         => [ '["do",{},"echo",[1}', '["do",{},"echo",{"a":1]', '[}', '["do",{]' ],
    'deep'               => [ in_levels(513), '[' x 513, '["do",{},"echo",' . '{"a":' x 512, '[' x 1_000_000 ],
    'invalid-utf8'       => [
        map { qq(["do",{},"echo","$_"]) } "\xff", "\xc3", "a\x80", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82",
            "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
    ],
);

my %scenario = (
    echo             => \&echo,
    split            => \&split_bytes,
    coalesced        => \&coalesced,
    unicode          => \&unicode,
    null             => \&null,
    nested           => \&nested,
    function         => \&function,
    error            => \&error,
    'unknown-method' => \&unknown_method,
    done             => \&done,
    pipelined        => \&pipelined,
    garbage          => \&garbage,
    all              => \&all,
);

my $doing = $scenario;    # for the explanation
STDOUT->autoflush(1);
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { fail("nothing more happened within $deadline s") };
alarm $deadline;
my $run = $scenario{$scenario} // fail('unknown scenario');
eval { $run->(@arguments); 1 } or fail($@);
exit 0;

# --- reporting ------------------------------------------------------------------------------------------------------

sub fail ($why) {
    chomp $why;
    print STDERR "raw-client: $doing: $why\n";
    exit 1;
}

sub usage {
    print STDERR "usage: raw-client.pl [--deadline SECONDS] ADDRESS SCENARIO [ARG...]\n";
    exit 1;
}

sub fact ($value) { say ref $value || !is_string($value) ? to_json($value) : $value }

sub expect :prototype($$) ($holds, $why) {    # the prototype keeps a failed match from vanishing in list context
    die "$why\n" if !$holds;
    return;
}

# Deep equality that tells strings from numbers, and compares numbers as numbers (so -0.0 is 0, 1.5e300 is 15e299).
sub same ($left, $right) {
    return !defined $left && !defined $right if !defined $left || !defined $right;
    return 0 if ref $left ne ref $right;
    if (ref $left eq 'ARRAY') {
        return @$left == @$right && !grep { !same($left->[$_], $right->[$_]) } 0 .. $#$left;
    }
    if (ref $left eq 'HASH') {
        return keys %$left == keys %$right
            && !grep { !exists $right->{$_} || !same($left->{$_}, $right->{$_}) } keys %$left;
    }
    return !!$left == !!$right if ref $left;    # booleans
    return 0 if is_string($left) != is_string($right);
    return is_string($left) ? $left eq $right : $left == $right;
}

sub expect_same ($got, $wanted, $what) {
    return if same($got, $wanted);
    die "$what: expected " . shortened($wanted) . ', got ' . shortened($got) . "\n";
}

sub shortened ($value) {
    my $text = to_json($value);
    return length $text > 200 ? substr($text, 0, 200) . '...' : $text;
}

# --- one connection -------------------------------------------------------------------------------------------------

sub open_connection { return { socket => connect_to($address), stream => RawPeer->new } }

sub send_bytes ($connection, $bytes) {
    write_all($connection->{socket}, $bytes) or die "the connection was lost while writing: $!\n";
    return;
}

# The next bytes; undef when the worker closed, in whatever way.
sub read_bytes ($connection) {
    my $got = sysread $connection->{socket}, my $bytes, 65536;
    return $bytes if $got;
    die "cannot read: $!\n" if !defined $got && !$!{ECONNRESET} && !$!{EPIPE};
    return;
}

# The next reply as (code, meta, value), checked for its shape.
sub read_reply ($connection) {
    my $stream = $connection->{stream};
    my $message;
    until ($message = $stream->next_message) {
        my $bytes = read_bytes($connection) // die "the worker closed instead of answering\n";
        $stream->feed($bytes);
    }
    expect(@$message == 3, 'a reply of ' . @$message . ' items');
    my ($code, $meta, $value) = @$message;
    expect(is_string($code) && $code =~ /^(?:ok|er)\z/, 'neither ok nor er: ' . to_json($code));
    expect(ref $meta eq 'HASH', 'the meta is not an object: ' . to_json($meta));
    return ($code, $meta, $value);
}

sub read_value ($connection) {
    my ($code, $meta, $value) = read_reply($connection);
    expect($code eq 'ok', 'an error: ' . to_json($value));
    return $value;
}

# The text of an error; its code, if the worker tells one, must be the expected one.
sub read_error ($connection, $wanted_code) {
    my ($code, $meta, $error) = read_reply($connection);
    expect($code eq 'er', 'no error but ' . to_json($error));
    expect(is_string($error), 'the error is not a string: ' . to_json($error));
    expect(!exists $meta->{code} || $meta->{code} eq $wanted_code, "code $wanted_code expected: " . to_json($meta));
    return $error;
}

sub call_bytes (@items) { return to_json([ 'do', {}, @items ]) }

sub call ($connection, @items) {
    send_bytes($connection, call_bytes(@items));
    return read_value($connection);
}

# One echo of this JSON text, exactly as it is.
sub echo_text ($connection, $text) {
    my $wanted = from_json($text);
    send_bytes($connection, qq(["do",{},"echo",$text]));
    my $got = read_value($connection);
    expect_same($got, $wanted, 'echo');
    return $got;
}

# Ends the connection: the worker has nothing more to say and goes.
sub close_connection ($connection) {
    shutdown $connection->{socket}, 1;
    expect($connection->{stream}->is_empty, 'more than was asked for');
    while (defined(my $bytes = read_bytes($connection))) {
        expect($bytes !~ /[^ \t\r\n]/, 'a reply that nobody asked for: ' . to_json($bytes));
    }
    close $connection->{socket};
    return;
}

# --- scenarios ------------------------------------------------------------------------------------------------------

sub echo ($text = die("echo needs a JSON text\n"), @) {
    my $connection = open_connection();
    say to_json(echo_text($connection, $text));
    close_connection($connection);
    return;
}

sub split_bytes {
    my $connection = open_connection();
    my $text       = qq({"\xce\xbb":"\xf0\x9d\x87\x9a","esc":"\\ud834\\uddda \\\\\\"]}","list":[1,[2.5,null],{}]});
    my $bytes      = qq(["do",{},"echo",$text] \n ["dn",{}]["do",{},"args",1,"two"]);
    for my $byte (split //, $bytes) {
        send_bytes($connection, $byte);
        select undef, undef, undef, 0.001;    # so that it travels alone
    }
    expect_same(read_value($connection), from_json($text), 'first reply');
    expect_same(read_value($connection), [ 1, 'two' ], 'second reply');
    close_connection($connection);
    fact('split');
    return;
}

sub coalesced {
    my $connection = open_connection();
    send_bytes($connection, join '', map { call_bytes('echo', $_) . '["dn",{}]' } 1 .. 10);
    expect_same(read_value($connection), $_, "reply $_") for 1 .. 10;
    close_connection($connection);
    fact('coalesced');
    return;
}

sub unicode {
    my $connection = open_connection();
    my %text       = (
        plain       => qq("\xf0\x9d\x87\x9a"),
        key         => qq({"\xce\xbb":"\xce\xbb","":"","\\u03bc":1}),
        bmp         => qq("\xc2\xa0 \xe2\x82\xac \xef\xbb\xbf \xe2\x80\xa8 \xef\xbf\xbd"),
        last        => qq("\xf4\x8f\xbf\xbf"),
        escapes     => '"\" \\\\ \/ \b \f \n \r \t \u0041 \u00e9 \u20ac \uD834\uDDDA"',
        controls    => '"' . join('', map { sprintf '\u%04x', $_ } 0x01 .. 0x1f) . qq(\x7f"),
        nul         => '"before\u0000after"',
        'nul key'   => '{"a\u0000b":"\u0000"}',
        brackets    => '"]}[{\"]"',
        combining   => qq("e\xcc\x81 \xc3\xa9"),
    );
    expect(from_json($text{escapes}) =~ /\x{1d1da}$/, 'this Perl does not decode surrogate pairs');
    echo_text($connection, $text{$_}) for sort keys %text;
    say to_json(echo_text($connection, $text{key}));
    close_connection($connection);
    fact('unicode');
    return;
}

sub null {
    my $connection = open_connection();
    echo_text($connection, 'null');
    expect_same(call($connection, 'args', undef, [undef]), [ undef, [undef] ], 'args(null, [null])');
    expect_same(call($connection, 'args'), [], 'args()');
    close_connection($connection);
    fact('null');
    return;
}

sub nested {
    my $connection = open_connection();
    my @numbers = qw(9007199254740993 -9007199254740993 9223372036854775807 -9223372036854775808 0 -1 1.5e300 -2.5 1E-7
        0.1 5e0 -0.0);
    fact(echo_text($connection, '[9007199254740993,-9223372036854775808,9223372036854775807]'));
    echo_text($connection, $_) for @numbers, '[' . join(',', @numbers) . ']';
    echo_text($connection, $_)
        for '[]', '{}', '""', '[[],{},"",[[]],{"":{}}]', 'true', 'false', ' [ 1 , { "a" : [ ] } ] ';
    echo_text($connection, '[' . join(',', 1 .. 2000) . ']');
    echo_text($connection, '{' . join(',', map { qq("key $_":{"v":[$_]}) } 1 .. 500) . '}');
    echo_text($connection, '"' . 'long ' x 20_000 . '"');
    echo_text($connection, '{"a":[' x 200 . '1' . ']}' x 200);
    send_bytes($connection, in_levels(512));
    expect_same(read_value($connection), from_json('[' x 511 . ']' x 511), '512 levels');
    close_connection($connection);
    fact('nested');
    return;
}

# A call of echo with a value that makes a message of so many levels.
sub in_levels ($levels) { return '["do",{},"echo",' . '[' x ($levels - 1) . ']' x ($levels - 1) . ']' }

# Without a method name the first item is taken for one. An interface of names answers er, one with a catch-all hands
# out the items.
sub function {
    my $connection = open_connection();
    expect_same(call($connection, 'echo', 'x'), 'x', 'a function call whose first item is the name of a method');
    for my $items ([], [ 42, 'x' ], [ undef ], [ { a => 1 } ], [ 'no method of this name', 1 ]) {
        send_bytes($connection, call_bytes(@$items));
        my ($code, undef, $value) = read_reply($connection);
        expect_same($value, $items, 'catch-all') if $code eq 'ok';
        fact($code eq 'ok' ? 'catch-all' : 'no-such-method');
    }
    expect_same(call($connection, 'echo', 'y'), 'y', 'the call behind');
    close_connection($connection);
    return;
}

sub error {
    my $connection = open_connection();
    my $pid        = call($connection, 'pid');
    for my $text ('no luck', "two\nlines", "\x{1d1da} \"quoted\"") {
        send_bytes($connection, call_bytes('fail', $text));
        my $error = read_error($connection, 'WorkerError');
        expect(index($error, $text) == 0, 'another text: ' . to_json($error));
        expect_same(call($connection, 'pid'), $pid, 'the worker after an error');
    }
    close_connection($connection);
    fact('error');
    return;
}

sub unknown_method {
    my $connection = open_connection();
    my $pid        = call($connection, 'pid');
    for my $name ('no_such_method', '', 'ECHO', 'echo ', "echo\0", "\x{3bb}", 'toString', '../echo') {
        send_bytes($connection, call_bytes($name, 1));
        expect(length read_error($connection, 'NoSuchMethod'), 'an error without a text');
        expect_same(call($connection, 'pid'), $pid, 'the worker after an unknown method');
    }
    close_connection($connection);
    fact('unknown-method');
    return;
}

sub done {
    my $connection = open_connection();
    my $pid        = call($connection, 'pid');
    my $count      = call($connection, 'count');
    send_bytes($connection, '["dn",{}]');
    expect_same(call($connection, 'pid'),   $pid,       'the worker after dn');
    expect_same(call($connection, 'count'), $count + 2, 'the count after dn');
    send_bytes($connection, '["dn",{"unknown key":[1]}]["dn",{}]' . '["do",{"unknown key":{"a":1}},"count"]');
    expect_same(read_value($connection), $count + 3, 'the count after dn with meta');

    my $other = open_connection();
    expect(call($other, 'pid') != $pid, 'two connections have the same worker');
    expect_same(call($connection, 'pid'), $pid, 'the worker beside another one');
    close_connection($_) for $other, $connection;
    fact('done');
    return;
}

sub pipelined {
    my $connection = open_connection();
    my $count      = call($connection, 'count');
    my $calls      = 100;
    send_bytes($connection, call_bytes('args', $_, 'x' x 100)) for 1 .. $calls;
    send_bytes($connection, call_bytes('count'));
    expect_same(read_value($connection), [ $_, 'x' x 100 ], "reply $_") for 1 .. $calls;
    expect_same(read_value($connection), $count + $calls + 1, 'the count');

    send_bytes($connection, join '', call_bytes('echo', 1), call_bytes('fail', 'no luck'), call_bytes('echo', 2));
    expect_same(read_value($connection), 1, 'before the error');
    read_error($connection, 'WorkerError');
    expect_same(read_value($connection), 2, 'behind the error');
    close_connection($connection);
    fact('pipelined');
    return;
}

# --- what is not the protocol ---------------------------------------------------------------------------------------

sub garbage ($kind = die("garbage needs a KIND\n"), @rest) {
    $doing = "garbage $kind";
    return oversize(@rest) if $kind eq 'oversize';
    my $variants = $garbage{$kind} // die "unknown kind of garbage: $kind\n";
    for my $bytes (@$variants) {
        $doing = "garbage $kind: " . substr to_json($bytes), 0, 80;
        expect_refusal(open_connection(), $bytes);
    }
    $doing = "garbage $kind";
    expect_service();
    fact($kind);
    return;
}

sub oversize ($limit = die("oversize needs the LIMIT\n"), @) {
    my ($head, $tail) = ('["do",{},"echo",1', ']');
    my $padding = sub ($length) { $head . ' ' x ($length - length("$head$tail")) . $tail };

    my $connection = open_connection();
    send_bytes($connection, $padding->($limit));
    expect_same(read_value($connection), 1, 'a message of exactly the limit');
    expect_refusal($connection, $padding->($limit + 1));
    expect_refusal(open_connection(), '["do",{},"echo","' . 'x' x ($limit + 1 - 17));    # unfinished
    expect_service();
    fact('oversize');
    return;
}

# The worker answers these bytes by closing, with nothing before.
sub expect_refusal ($connection, $bytes) {
    write_all($connection->{socket}, $bytes);    # it may close before it has read everything
    my $reply = read_bytes($connection);
    expect(!defined $reply, 'a reply instead of the end: ' . to_json($reply));
    close $connection->{socket};
    return;
}

sub expect_service {
    my $connection = open_connection();
    expect_same(call($connection, 'echo', 'still here'), 'still here', 'a new connection');
    close_connection($connection);
    return;
}

sub all {
    my @runs = (
        [ 'echo', '{"b":[1,2.5,null,true],"a":"\u03bb"}' ],
        map({ [$_] } qw(split coalesced unicode null nested function error unknown-method done pipelined)),
        map({ [ 'garbage', $_ ] } sort keys %garbage),
    );
    for my $run (@runs) {
        my ($name, @rest) = @$run;
        $doing = "@$run";
        $scenario{$name}->(@rest);
    }
    fact('all');
    return;
}
