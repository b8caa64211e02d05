// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INHERITANCE_P_H
#define QTPREFORK_INHERITANCE_P_H

/// This is what a forked process must change in what it has inherited from its program, and what it lacks because it
/// was forked before QCoreApplication.
namespace Prefork::Internal::Inheritance {

/// Sets the locale as QCoreApplication does in the program: that of the environment, with UTF-8 as its encoding, as
/// newer versions of Qt do too. Does nothing if the program has chosen a locale before.
void adoptLocale();
/// Seeds QRandomGenerator::global() and the generators of the C library; otherwise all processes forked from here would
/// draw the same numbers. There must be no other thread.
void reseedRandomNumbers();
/// Creates what QHostInfo creates at its first lookup, and suppresses the warning that Qt prints then if there is no
/// application.
void prepareHostLookups();
/// Removes the variables by which a supervisor such as systemd speaks to the program alone.
void forgetSupervisor();

}

#endif
