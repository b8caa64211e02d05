# SPDX-License-Identifier: MIT
#
# What raw-client.pl and raw-server.pl share: addresses, and messages <-> bytes as docs/protocol.md describes them.
# Written from that page alone, with nothing but Perl's core modules, so that it is a second opinion on the C++ side.
package RawPeer;
use v5.36;
use warnings;
no warnings qw(experimental::builtin recursion);

use Exporter qw(import);
use IO::Socket::IP;
use IO::Socket::UNIX;
use JSON::PP ();
use Socket qw(IPPROTO_TCP SOCK_STREAM TCP_NODELAY);

our @EXPORT_OK = qw(parse_address connect_to listen_on write_all to_json from_json is_string);

use constant { MAX_MESSAGE => 64 * 1024 * 1024, MAX_DEPTH => 512 };

# --- addresses ------------------------------------------------------------------------------------------------------

# "unix:/path" -> { path }, "tcp://host:port" -> { host, port }
sub parse_address ($address) {
    return { path => $1 } if $address =~ m{^unix:(.+)$}s;
    return { host => $1 // $2, port => $3 } if $address =~ m{^tcp://(?:\[([^\]]+)\]|([^:\[\]]+)):(\d+)/?$};
    die "not an address: $address (expected unix:/path or tcp://host:port)\n";
}

sub connect_to ($address) {
    my $to = parse_address($address);
    my $socket =
        exists $to->{path}
        ? IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $to->{path})
        : IO::Socket::IP->new(Type => SOCK_STREAM, PeerHost => $to->{host}, PeerPort => $to->{port});
    die "cannot connect to $address: " . ($! || $@) . "\n" if !$socket;
    no_delay($socket) if !exists $to->{path};
    return $socket;
}

# Returns the listening socket and its address, in which port 0 has become the real one.
sub listen_on ($address) {
    my $at = parse_address($address);
    if (exists $at->{path}) {
        my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $at->{path}, Listen => 128)
            or die "cannot listen on $address: $!\n";
        return ($socket, $address);
    }
    die "refusing to listen on anything but loopback: $address\n" if $at->{host} !~ /^(?:127\.[\d.]+|::1|localhost)$/;
    my $socket = IO::Socket::IP->new(
        Type      => SOCK_STREAM,
        LocalHost => $at->{host},
        LocalPort => $at->{port},
        Listen    => 128,
        ReuseAddr => 1,
    ) or die "cannot listen on $address: " . ($! || $@) . "\n";
    my $host = $at->{host} =~ /:/ ? "[$at->{host}]" : $at->{host};
    return ($socket, "tcp://$host:" . $socket->sockport);
}

# Without this, bytes written one at a time would be collected before they are sent.
sub no_delay ($socket) {
    setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1) or die "TCP_NODELAY: $!\n";
    return;
}

# Writes all bytes; false when the other side is gone.
sub write_all ($socket, $bytes) {
    my $offset = 0;
    while ($offset < length $bytes) {
        my $written = syswrite $socket, $bytes, length($bytes) - $offset, $offset;
        if (!defined $written) {
            next if $!{EINTR};
            return 0;
        }
        $offset += $written;
    }
    return 1;
}

# --- JSON -----------------------------------------------------------------------------------------------------------

my $writer = JSON::PP->new->utf8->canonical->allow_nonref->max_depth(MAX_DEPTH);
my $reader = JSON::PP->new->allow_nonref->max_depth(MAX_DEPTH);

sub to_json ($value) { return $writer->encode($value) }

sub from_json ($bytes) {
    my $text = $bytes;
    # utf8::decode refuses overlong and truncated forms, but knows more "characters" than Unicode does.
    die "invalid UTF-8\n" if !utf8::decode($text) || $text =~ /[\x{d800}-\x{dfff}]|[^\x{0}-\x{10ffff}]/;
    my $value = $reader->decode($text);
    die "a number beyond the range of a double\n" if has_infinity($value);
    return $value;
}

sub has_infinity ($value) {
    return !!grep { has_infinity($_) } @$value if ref $value eq 'ARRAY';
    return !!grep { has_infinity($_) } values %$value if ref $value eq 'HASH';
    return !ref $value && builtin::created_as_number($value) && abs($value) == 9**9**9;
}

sub is_string ($value) {
    return defined $value && !ref $value && !builtin::created_as_number($value);
}

# --- messages <-> bytes ---------------------------------------------------------------------------------------------

sub new ($class, %option) {
    return bless {
        limit     => $option{limit} // MAX_MESSAGE,
        fresh     => '',    # bytes not looked at yet
        message   => '',    # the beginning of a message
        open      => '',    # its brackets still open, outermost first
        in_string => 0,
        escaped   => 0,     # just behind a backslash
    }, $class;
}

sub feed ($self, $bytes) {
    $self->{fresh} .= $bytes;
    return;
}

# True when nothing but white space is left over.
sub is_empty ($self) { return $self->{message} eq '' && $self->{fresh} =~ /^[ \t\r\n]*\z/ }

# The next complete message as an array reference; undef when more bytes are needed; dies when this is not the protocol.
sub next_message ($self) {
    if ($self->{message} eq '') {
        $self->{fresh} =~ s/^[ \t\r\n]+//;
        return if $self->{fresh} eq '';
        die "not an array\n" if $self->{fresh} !~ /^\[/;
    }
    my $end    = $self->_scan;
    my $length = length($self->{message}) + ($end // length $self->{fresh});
    die "message longer than $self->{limit} bytes\n" if $length > $self->{limit};

    $self->{message} .= substr $self->{fresh}, 0, $end // length $self->{fresh}, '';
    return if !defined $end;
    my $message = $self->{message};
    $self->{message} = '';
    return from_json($message);
}

# Follows brackets and strings through the fresh bytes. Returns where the message ends, undef if it goes on.
sub _scan ($self) {
    for ($self->{fresh}) {
        pos = 0;
        while (pos() < length) {
            if ($self->{escaped}) {
                pos()++;
                $self->{escaped} = 0;
                next;
            }
            next if $self->{in_string} ? /\G[^"\\]+/gc : /\G[^"\[\]{}]+/gc;
            my $mark = substr $_, pos()++, 1;
            if    ($mark eq '"')  { $self->{in_string} = !$self->{in_string} }
            elsif ($mark eq '\\') { $self->{escaped} = 1 }
            elsif ($mark eq '[' || $mark eq '{') { $self->_open($mark) }
            elsif ($self->_close($mark)) { return pos }
        }
    }
    return;
}

sub _open ($self, $bracket) {
    die "nested deeper than ${\MAX_DEPTH} levels\n" if length $self->{open} == MAX_DEPTH;
    $self->{open} .= $bracket;
    return;
}

# True when this was the last one.
sub _close ($self, $bracket) {
    my $expected = chop($self->{open}) eq '[' ? ']' : '}';
    die "mismatched brackets\n" if $bracket ne $expected;
    return $self->{open} eq '';
}

1;
