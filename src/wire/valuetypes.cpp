// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/valuetypes.h>

#include <QtCore/QHash>
#include <QtCore/QMutex>

#include <memory>
#include <utility>
#include <vector>

namespace Prefork::detail {

namespace {

/// These are the types with a ValueType. Most are added before main(), some when a library is loaded, perhaps while
/// other threads look types up.
struct KnownTypes
{
    QMutex mutex;
    std::vector<std::pair<QMetaType, ValueType>> added;
    std::size_t sorted = 0; // how many of `added` are in `byId`
    QHash<int, std::shared_ptr<const ValueType>> byId;
};

KnownTypes &knownTypes()
{
    static KnownTypes types;
    return types;
}

}

bool addValueType(QMetaType type, const ValueType &functions)
{
    KnownTypes &known = knownTypes();
    const QMutexLocker lock(&known.mutex);
    known.added.emplace_back(type, functions);
    return true;
}

const ValueType *valueTypeOf(QMetaType type)
{
    KnownTypes &known = knownTypes();
    const int id = type.id();
    QMutexLocker lock(&known.mutex);
    while (known.sorted < known.added.size()) {
        const std::vector<std::pair<QMetaType, ValueType>> added = known.added;
        lock.unlock(); // asking for its id registers a type with Qt, which may add further types here
        for (const auto &entry : added)
            static_cast<void>(entry.first.id());
        lock.relock();
        for (; known.sorted < added.size(); ++known.sorted) {
            const auto &[sorted, functions] = added[known.sorted];
            if (!known.byId.contains(sorted.id()))
                known.byId.insert(sorted.id(), std::make_shared<const ValueType>(functions));
        }
    }
    return known.byId.value(id).get();
}

}
