// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_GLOBAL_H
#define QTPREFORK_GLOBAL_H

#include <QtCore/qglobal.h>

#if defined(QTPREFORK_STATIC)
#define QTPREFORK_EXPORT
#elif defined(QTPREFORK_LIBRARY)
#define QTPREFORK_EXPORT Q_DECL_EXPORT
#else
#define QTPREFORK_EXPORT Q_DECL_IMPORT
#endif

#endif
