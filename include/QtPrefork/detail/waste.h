// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_WASTE_H
#define QTPREFORK_DETAIL_WASTE_H

#include <QtPrefork/detail/convert.h>

#include <QtCore/QVariant>

#include <utility>
#include <vector>

/// Destroys large values in steps, so that an event loop can turn in between.
namespace Prefork::detail {

/// A Waste owns a value that nobody needs any more, and destroys a part of it each time clear() is called.
class QTPREFORK_EXPORT Waste
{
    Q_DISABLE_COPY_MOVE(Waste)

public:
    Waste() = default;
    virtual ~Waste();
    /// Destroys about @p steps values, and subtracts them from @p steps. Returns true if none is left.
    virtual bool clear(int *steps) = 0;
};

/// This class destroys a value of any type. The items of a list or a map that other code also holds are left to that
/// code.
class QTPREFORK_EXPORT VariantWaste final : public Waste
{
public:
    explicit VariantWaste(QVariant &&value) { add(std::move(value)); }
    bool clear(int *steps) override;

private:
    void add(QVariant &&value);

    std::vector<QVariantList> m_lists;
    std::vector<QVariantMap> m_maps;
};

/// This class destroys a container of another type, item by item.
template <SequenceContainer T>
class SequenceWaste final : public Waste
{
public:
    explicit SequenceWaste(T &&value)
        : m_value(std::move(value))
    {
    }
    bool clear(int *steps) override
    {
        if constexpr (requires { m_value.isDetached(); }) {
            if (!m_value.isDetached())
                return true;
        }
        while (m_value.begin() != m_value.end() && (*steps)-- > 0)
            m_value.pop_back();
        return m_value.begin() == m_value.end();
    }

private:
    T m_value;
};

/// This class destroys a map or a set, item by item.
template <class T>
    requires MapContainer<T> || SetContainer<T>
class KeyedWaste final : public Waste
{
public:
    explicit KeyedWaste(T &&value)
        : m_value(std::move(value))
    {
    }
    bool clear(int *steps) override
    {
        if constexpr (requires { m_value.isDetached(); }) {
            if (!m_value.isDetached())
                return true;
        }
        if (!std::exchange(m_isBegun, true))
            m_next = m_value.begin();
        while (!m_value.empty() && (*steps)-- > 0)
            m_next = m_value.erase(m_next);
        return m_value.empty();
    }

private:
    T m_value;
    typename T::iterator m_next{}; // kept, because a hash would search its first entry again and again
    bool m_isBegun = false;
};

}

#endif
