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

/// Views of the list or map that a QVariant holds, whatever its item type is. Qt 6.11 has new names for them and
/// removes the old ones.
#if QT_VERSION >= QT_VERSION_CHECK(6, 11, 0)
using AssociativeView = QMetaAssociation::Iterable;
using SequentialView = QMetaSequence::Iterable;
#else
using AssociativeView = QAssociativeIterable;
using SequentialView = QSequentialIterable;
#endif

/// Adds @p item, which is of the container's item type, to the container that @p view shows, at the place where such a
/// container adds.
inline void addItem(SequentialView &view, const QVariant &item)
{
    const QMetaSequence container = view.metaContainer();
    const bool holdsVariants = container.valueMetaType() == QMetaType::fromType<QVariant>();
    container.addValue(view.mutableIterable(), holdsVariants ? static_cast<const void *>(&item) : item.constData());
}

/// Returns whether @p type is a set, which holds each value once.
inline bool isSetType(QMetaType type)
{
    return QByteArrayView(type.name()).startsWith("QSet<");
}
/// Returns whether @p type is an integer of any width. Neither bool nor an enumeration is one.
[[nodiscard]] bool isIntegerType(QMetaType type);
/// Returns whether a key of type @p type is a number: an integer or an enumeration.
[[nodiscard]] bool isNumberKey(QMetaType type);
/// Returns the text that stands for @p key on the wire, as detail::keyText() makes it; nothing if the type cannot be a
/// key.
[[nodiscard]] std::optional<QString> textOfKey(const QVariant &key);
/// Makes the key of type @p type that @p text stands for; false if there is none.
[[nodiscard]] bool keyOfText(const QString &text, QMetaType type, QVariant *key);

/// Returns the types of the two values of a std::pair; invalid types if @p type is none.
[[nodiscard]] std::pair<QMetaType, QMetaType> typesOfPair(QMetaType type);
/// Returns the two values of @p pair, which is a std::pair of any types.
[[nodiscard]] QVariantList itemsOfPair(const QVariant &pair);
/// Sets the two values of @p pair; false if they do not lie in it as in a std::pair.
[[nodiscard]] bool setPair(const QVariant &first, const QVariant &second, QVariant *pair);

/// Returns the memory that an item takes in the container of @p view, without what the item allocates itself. A
/// container whose items lie in a row doubles its capacity as it grows.
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
