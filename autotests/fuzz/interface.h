// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_FUZZ_INTERFACE_H
#define AUTOTESTS_FUZZ_INTERFACE_H

#include <QtPrefork/Interface>
#include <QtPrefork/Worker>
#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QPoint>

namespace Fuzz {

inline constexpr Prefork::Method<int(int, int)> add{"add"};
inline constexpr Prefork::Method<QString(QString)> text{"text"};
inline constexpr Prefork::Method<QByteArray(QByteArray)> bytes{"bytes"};
inline constexpr Prefork::Method<QMap<QString, QList<double>>(QMap<QString, QList<double>>)> table{"table"};
inline constexpr Prefork::Method<QPoint(QPoint)> point{"point"};
inline constexpr Prefork::Method<void()> nothing{"nothing"};
inline constexpr Prefork::Event<QString, int> said{"said"};

/// The types both sides know by name.
inline std::shared_ptr<Prefork::detail::TypeRegistry> types()
{
    static const auto registry = [] {
        auto filled = std::make_shared<Prefork::detail::TypeRegistry>();
        filled->add<QPoint>("point");
        return filled;
    }();
    return registry;
}

/// Typed methods and others, of which every kind gives back what it is given.
inline void fill(Prefork::Interface &interface)
{
    static_cast<void>(interface.registerType<QPoint>("point"));
    interface.add(add, [](int a, int b) { return int(unsigned(a) + unsigned(b)); })
        .add(text, [](const QString &value) { return value; })
        .add(bytes, [](const QByteArray &value) { return value; })
        .add(table, [](const QMap<QString, QList<double>> &value) { return value; })
        .add(point, [](QPoint value) { return value; })
        .add(nothing, [] {})
        .add("echo", [](const QVariantList &arguments) { return QVariant(arguments); })
        .add("tell",
             [](const QVariantList &arguments) {
                 Prefork::Worker::emitEvent(QStringLiteral("told"), arguments);
                 Prefork::Worker::setProgress(1, 2, QStringLiteral("half"));
                 Prefork::Worker::emitEvent(said, "word", 7);
                 Prefork::Worker::throwIfCanceled();
                 return QVariant(arguments);
             })
        .add("fail",
             [](const QVariantList &arguments) -> QVariant {
                 throw Prefork::Error(arguments.value(0).toString(), arguments.value(1));
             })
        .fallback([](const QString &method, const QVariantList &arguments) {
            return QVariant(QVariantList{method, arguments});
        })
        .checkoutDone([] {});
}

}

#endif
