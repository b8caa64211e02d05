// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INTERFACE_P_H
#define QTPREFORK_INTERFACE_P_H

#include <QtPrefork/interface.h>

#include <QtPrefork/detail/typeregistry.h>

#include <array>
#include <atomic>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace Prefork::Internal {

/// A method, and what a worker learns of it while it runs.
struct MethodEntry
{
    QByteArray name; ///< in UTF-8
    std::unique_ptr<detail::WorkerMethod> method;
    qint64 longestRun = 0; ///< in this worker, ns
    qint64 lastRun = std::numeric_limits<qint64>::max(); ///< in this worker, ns; for ever if there was none
    std::size_t surpriseIndex = 0; ///< of its flag among those of InterfacePrivate
};

}

namespace Prefork {

class InterfacePrivate
{
public:
    [[nodiscard]] static InterfacePrivate &of(const Interface &interface) { return *interface.d; }

    /// Runs what a call asks for: the method its first item names, else the fallback. Throws NoSuchMethod when there is
    /// neither. What the arguments become takes no more than is left of @p memory.
    [[nodiscard]] QVariant invoke(const QVariantList &items, detail::MemoryMeter &memory);
    /// The fallback's part of it; a null name for a call without one.
    [[nodiscard]] QVariant invokeFallback(const QString &name, const QVariantList &arguments) const;
    /// Numbers the methods, the fallback first, for @p flags, which all workers share: that of a method is set, for
    /// good, once replies were kept waiting by it. Those numbered last may have to share one.
    void shareSurprises(std::span<std::atomic<quint8>> flags);
    [[nodiscard]] std::atomic<quint8> &surprise(const Internal::MethodEntry &entry)
    {
        return surprises[entry.surpriseIndex];
    }
    /// A method by its name in UTF-8, or null.
    [[nodiscard]] Internal::MethodEntry *find(QByteArrayView name);
    void add(const QString &name, std::unique_ptr<detail::WorkerMethod> method);

    std::function<void()> preload;
    bool hasPreloaded = false; ///< in this process, for workers in it
    std::function<void()> setup;
    Interface::ApplicationFactory makeApplication; // null for workers without an application
    QByteArray programName;
    std::function<void()> checkoutDone;
    Interface::Fallback fallback;
    std::unordered_map<std::string_view, std::unique_ptr<Internal::MethodEntry>>
        methods; // keyed by the entry's own name
    Internal::MethodEntry fallbackEntry; ///< stands for every call of no method of its own
    std::array<std::atomic<quint8>, 1> ownSurprise{};
    std::span<std::atomic<quint8>> surprises{ownSurprise};
    detail::TypeRegistry types{detail::TypeRegistry::Owner::Interface};
    std::vector<std::function<void()>> makeObjects; // of the exposed classes; each does its work once
    std::vector<int> keptDescriptors;
};

}

#endif
