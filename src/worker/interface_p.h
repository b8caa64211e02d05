// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INTERFACE_P_H
#define QTPREFORK_INTERFACE_P_H

#include <QtPrefork/interface.h>

#include <QtCore/QHash>

#include <vector>

namespace Prefork {

class InterfacePrivate
{
public:
    [[nodiscard]] static InterfacePrivate &of(const Interface &interface) { return *interface.d; }

    /// Runs what a call asks for: the method its first item names, else the fallback. Throws NoSuchMethod when there is neither.
    [[nodiscard]] QVariant invoke(const QVariantList &items) const;

    std::function<void()> preload;
    std::function<void()> setup;
    std::function<void()> checkoutDone;
    Interface::Fallback fallback;
    QHash<QString, Interface::Invoker> methods;
    std::vector<std::function<void()>> makeObjects; // of the exposed classes; each does its work once
    std::vector<int> keptDescriptors;
};

}

#endif
