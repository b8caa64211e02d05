// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ITERABLES_P_H
#define QTPREFORK_ITERABLES_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

#include <optional>
#include <utility>

#if QT_VERSION >= QT_VERSION_CHECK(6, 11, 0)
#include <QtCore/QMetaAssociation>
#include <QtCore/QMetaSequence>
#else
#include <QtCore/QAssociativeIterable>
#include <QtCore/QSequentialIterable>
#endif

namespace Prefork::Wire {

/// Views of whatever list or map a QVariant holds. Qt has new names for them since Qt 6.11, and the old ones are to go.
#if QT_VERSION >= QT_VERSION_CHECK(6, 11, 0)
using AssociativeView = QMetaAssociation::Iterable;
using SequentialView = QMetaSequence::Iterable;
#else
using AssociativeView = QAssociativeIterable;
using SequentialView = QSequentialIterable;
#endif

/// Adds to what @p view shows, wherever such a container adds. @p item is of the container's item type.
inline void addItem(SequentialView &view, const QVariant &item)
{
    const QMetaSequence container = view.metaContainer();
    const bool holdsVariants = container.valueMetaType() == QMetaType::fromType<QVariant>();
    container.addValue(view.mutableIterable(), holdsVariants ? static_cast<const void *>(&item) : item.constData());
}

/// Whether what the view of a @p type shows holds each value once.
inline bool isSetType(QMetaType type)
{
    return QByteArrayView(type.name()).startsWith("QSet<");
}
/// Whether @p type is an integer of any width. A bool is none, and no enumeration is.
[[nodiscard]] bool isIntegerType(QMetaType type);
/// Whether a key of type @p type is a number: an integer or an enumeration.
[[nodiscard]] bool isNumberKey(QMetaType type);
/// The text that stands for @p key on the wire, as detail::keyText() of its type; nothing for what cannot be a key.
[[nodiscard]] std::optional<QString> textOfKey(const QVariant &key);
/// The key of type @p type that @p text stands for.
[[nodiscard]] bool keyOfText(const QString &text, QMetaType type, QVariant *key);

/// The types of the two values of a std::pair; invalid ones for any other type.
[[nodiscard]] std::pair<QMetaType, QMetaType> typesOfPair(QMetaType type);
/// The values of @p pair, which is a std::pair of any types.
[[nodiscard]] QVariantList itemsOfPair(const QVariant &pair);
/// Sets the values of @p pair; false if their types do not lie in it as they do in a std::pair.
[[nodiscard]] bool setPair(const QVariant &first, const QVariant &second, QVariant *pair);

/// What an item takes in such a container, but for what it keeps besides. What has places for all in a row doubles them
/// as it grows.
inline qint64 itemCost(const SequentialView &view)
{
    const QMetaSequence container = view.metaContainer();
    const qint64 size = container.valueMetaType().sizeOf();
    return container.hasRandomAccessIterator() ? 2 * size : detail::blockCost(2 * size + 64);
}
inline qint64 entryCost(const AssociativeView &view)
{
    return detail::blockCost(2 * view.metaContainer().mappedMetaType().sizeOf() + 64);
}

}

#endif
