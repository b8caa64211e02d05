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

/// This is a method of an Interface, and how long its runs took in this worker.
struct MethodEntry
{
    QByteArray name; ///< in UTF-8
    std::unique_ptr<detail::WorkerMethod> method;
    qint64 longestRun = 0; ///< the longest run in this worker, ns
    qint64 lastRun
        = std::numeric_limits<qint64>::max(); ///< the last run in this worker, ns; the largest number if there was none
    std::size_t slowFlagIndex = 0; ///< index of its flag in InterfacePrivate::slowFlags
};

}

namespace Prefork {

/// This is what an Interface holds: the methods and functions that a program has added before its zygote is forked.
/// Each worker has a copy of it, as fork() makes it, and looks methods up in it; a Session runs what it finds.
class InterfacePrivate
{
public:
    [[nodiscard]] static InterfacePrivate &of(const Interface &interface) { return *interface.d; }

    /// Runs the method that the first item names, or the fallback if there is no such method or no name. Throws
    /// NoSuchMethod if there is no fallback either. The converted arguments take no more than is left of @p memory.
    [[nodiscard]] QVariant invoke(const QVariantList &items, detail::MemoryMeter &memory);
    /// Runs the fallback; @p name is null for a call that names no method. Throws NoSuchMethod if there is no fallback.
    [[nodiscard]] QVariant invokeFallback(const QString &name, const QVariantList &arguments) const;
    /// Uses @p flags, which all workers share, from now on. The flag of a method is set, and never cleared, when the
    /// method has kept finished replies waiting; then no worker holds replies back for it any more (NativeSession).
    /// Index 0 is the fallback's. If there are more methods than flags, the last ones share a flag.
    void shareSlowFlags(std::span<std::atomic<quint8>> flags);
    [[nodiscard]] std::atomic<quint8> &slowFlag(const Internal::MethodEntry &entry)
    {
        return slowFlags[entry.slowFlagIndex];
    }
    /// Returns the method with this name in UTF-8, or null.
    [[nodiscard]] Internal::MethodEntry *find(QByteArrayView name);
    void add(const QString &name, std::unique_ptr<detail::WorkerMethod> method);

    std::function<void()> preload;
    /// Logs a warning if this process has made a zygote of the interface, to which @p what would be added in vain.
    void warnIfForked(const char *what, const QString &name = {}) const;

    bool isForked = false; ///< whether this process has made a zygote of the interface
    bool hasPreloaded = false; ///< whether preload has run in this process, for an InProcessWorker
    std::function<void()> setup;
    Interface::ApplicationFactory makeApplication; // null for workers without an application
    QByteArray programName;
    std::function<void()> checkoutDone;
    Interface::Fallback fallback;
    std::unordered_map<std::string_view, std::unique_ptr<Internal::MethodEntry>>
        methods; // the key is a view of the entry's own name
    Internal::MethodEntry fallbackEntry; ///< stands for all calls that the fallback gets
    std::array<std::atomic<quint8>, 1> ownSlowFlag{};
    std::span<std::atomic<quint8>> slowFlags{ownSlowFlag};
    detail::TypeRegistry types{detail::TypeRegistry::Owner::Interface};
    std::vector<std::function<void()>> makeObjects; // one for each exposed class; each makes its object once
    std::vector<int> keptDescriptors;
};

}

#endif
