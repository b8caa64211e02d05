// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/stepreader.h>

#include "wire/coretypes_p.h"
#include "wire/timetags_p.h"

#include <utility>

namespace Prefork::detail {

StepReader::~StepReader() = default;

bool VariantStepper::isAtEnd(CborReader &reader, const Level &level)
{
    return level.isIndefinite ? reader.atBreak() : level.left == 0;
}

// Reads a value that is no list and no map at once; of a list or map it reads the head, and adds a level.
VariantStepper::Step VariantStepper::next(CborReader &reader, QVariant *out)
{
    const qsizetype start = reader.position();
    while (reader.peek() == CborReader::Tag) { // tags that are known need their value at once, others are skipped
        quint64 tag = 0;
        if (!reader.readTag(&tag))
            return Step::Failed;
        if (tag == 0 || tag == 1 || tag == 27 || tag == 32 || tag == 37 || Wire::isTimed(tag)
            || Wire::typeOfCoreTag(tag).isValid())
            return reader.seek(start) && reader.readVariant(out) ? Step::Read : Step::Failed;
    }
    const CborReader::Kind kind = reader.peek();
    if (kind != CborReader::Array && kind != CborReader::Map)
        return reader.readVariant(out) ? Step::Read : Step::Failed;
    CborReader::Head head;
    Level level;
    level.isMap = kind == CborReader::Map;
    if (!reader.beginContainer(&head))
        return Step::Failed;
    level.isIndefinite = head.isIndefinite;
    level.left = head.isIndefinite ? 0 : head.argument;
    if (!level.isMap && !head.isIndefinite)
        level.list.reserve(qsizetype(head.argument));
    m_levels.push_back(std::move(level));
    return Step::Opened;
}

bool VariantStepper::put(CborReader &reader, Level &level, QVariant &&value)
{
    if (!level.isIndefinite)
        --level.left;
    if (!level.isMap) {
        level.list.emplaceBack(std::move(value));
        return true;
    }
    const qsizetype before = level.map.size();
    const auto entry = level.map.insert(level.map.cend(), level.key, std::move(value));
    return level.map.size() > before || failTwice(reader, entry.key());
}

StepState VariantStepper::read(CborReader &reader, QVariant *out, int *steps)
{
    while ((*steps)-- > 0) {
        QVariant value;
        if (m_levels.empty() || !isAtEnd(reader, m_levels.back())) {
            if (!m_levels.empty()
                && !reader.beginItem(m_levels.back().isMap, m_levels.back().isIndefinite, &m_levels.back().key))
                break;
            const Step step = next(reader, &value);
            if (step == Step::Failed)
                break;
            if (step == Step::Opened)
                continue;
        } else {
            Level level = std::move(m_levels.back());
            m_levels.pop_back();
            reader.leave();
            value = level.isMap ? QVariant(std::move(level.map)) : QVariant(std::move(level.list));
        }
        if (m_levels.empty()) {
            *out = std::move(value);
            return reader.isBroken() ? StepState::Failed : StepState::Done;
        }
        if (!put(reader, m_levels.back(), std::move(value)))
            break;
    }
    if (!reader.isBroken())
        return StepState::Working;
    m_levels.clear();
    return StepState::Failed;
}

}
