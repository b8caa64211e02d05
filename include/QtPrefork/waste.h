// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WASTE_H
#define QTPREFORK_WASTE_H

#include <QtPrefork/convert.h>

#include <QtCore/QVariant>

#include <vector>

/// How large values are destroyed in steps, so that an event loop can turn in between.
namespace Prefork::detail {

class QTPREFORK_EXPORT Waste
{
    Q_DISABLE_COPY_MOVE(Waste)

public:
    Waste() = default;
    virtual ~Waste();
    /// Destroys about @p steps values, which are counted down; true when none is left.
    virtual bool clear(int *steps) = 0;
};

/// Any value. Of lists and maps that others hold too, they are the ones to destroy the items.
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

/// A container of another type, item by item.
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

}

#endif
