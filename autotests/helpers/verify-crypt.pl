#!/usr/bin/env perl
# SPDX-License-Identifier: MIT
#
# verify-crypt.pl HASH PASSWORD: exits 0 if Perl's crypt() confirms that HASH was made of PASSWORD, else 1.
use strict;
use warnings;

if (@ARGV != 2) {
    print STDERR "usage: verify-crypt.pl HASH PASSWORD\n";
    exit 1;
}
my ($hash, $password) = @ARGV;

my $again = crypt $password, $hash;    # undef when the C library does not know this kind of hash
exit(defined $again && $again eq $hash ? 0 : 1);
