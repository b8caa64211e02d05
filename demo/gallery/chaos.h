// SPDX-License-Identifier: MIT
#ifndef GALLERY_CHAOS_H
#define GALLERY_CHAOS_H

#include "decoder.h"

#include <QtCore/QRandomGenerator>

/// Decides which decodes go wrong while the chaos switch is on: one in nine. The same seed makes the same choices.
class Chaos
{
public:
    explicit Chaos(quint32 seed = 1)
        : m_random(seed)
    {
    }

    void setOn(bool on) { m_isOn = on; }
    [[nodiscard]] bool isOn() const { return m_isOn; }

    [[nodiscard]] Decoder::Mishap next()
    {
        if (!m_isOn)
            return Decoder::Mishap::None;
        const int chance = m_random.bounded(100);
        if (chance < 6)
            return Decoder::Mishap::Crash;
        if (chance < 8)
            return Decoder::Mishap::Hang;
        return chance < 11 ? Decoder::Mishap::Leak : Decoder::Mishap::None;
    }

private:
    QRandomGenerator m_random;
    bool m_isOn = false;
};

#endif
