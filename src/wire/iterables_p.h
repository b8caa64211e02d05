// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ITERABLES_P_H
#define QTPREFORK_ITERABLES_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

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
