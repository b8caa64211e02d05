// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INHERITANCE_P_H
#define QTPREFORK_INHERITANCE_P_H

/// What a forked process has from the program it came from, and should not have, or lacks because it was forked before
/// QCoreApplication.
namespace Prefork::Internal::Inheritance {

/// Does to the locale what QCoreApplication does in the program: sets the one of the environment, with UTF-8 as its
/// encoding, as newer versions of Qt do too. Unless the program has chosen one before.
void adoptLocale();
/// Seeds QRandomGenerator::global() and the generators of the C library anew, or every process forked from here would
/// draw the same numbers. There must be no other thread.
void reseedRandomNumbers();
/// Makes what QHostInfo makes at its first lookup, and complains about without an application, without the complaint.
void prepareHostLookups();
/// Takes out of the environment what a supervisor as systemd says there for the program alone.
void forgetSupervisor();

}

#endif
