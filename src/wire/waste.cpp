// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/waste.h>

namespace Prefork::detail {

Waste::~Waste() = default;

void VariantWaste::add(QVariant &&value)
{
    if (value.typeId() == QMetaType::QVariantList) {
        auto &list = *static_cast<QVariantList *>(value.data());
        if (list.isDetached() && !list.isEmpty())
            m_lists.push_back(std::move(list));
    } else if (value.typeId() == QMetaType::QVariantMap) {
        auto &map = *static_cast<QVariantMap *>(value.data());
        if (map.isDetached() && !map.isEmpty())
            m_maps.push_back(std::move(map));
    }
    value.clear();
}

bool VariantWaste::clear(int *steps)
{
    while ((!m_lists.empty() || !m_maps.empty()) && (*steps)-- > 0) {
        if (!m_lists.empty()) {
            QVariant item = m_lists.back().takeLast();
            if (m_lists.back().isEmpty())
                m_lists.pop_back();
            add(std::move(item));
        } else {
            QVariantMap &map = m_maps.back();
            QVariant item = std::move(map.begin().value());
            map.erase(map.begin());
            if (map.isEmpty())
                m_maps.pop_back();
            add(std::move(item));
        }
    }
    return m_lists.empty() && m_maps.empty();
}

}
