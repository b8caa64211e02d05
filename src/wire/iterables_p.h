// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ITERABLES_P_H
#define QTPREFORK_ITERABLES_P_H

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

}

#endif
