// SPDX-License-Identifier: MIT
// Compiled into every program that is linked with QtPrefork::Qml. Nothing else in a program refers to the types of the
// module, and a linker leaves out what nothing refers to: members of a static library, and shared libraries as a whole.

void qml_register_types_Prefork();

[[gnu::used]] static void (*const keepsPreforkTypes)() = &qml_register_types_Prefork;
