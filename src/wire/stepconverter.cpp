// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/stepconverter.h>

#include <QtPrefork/detail/gadget.h>

#include "wire/iterables_p.h"

#include <optional>

namespace Prefork::detail {

namespace {

/// Converts a QVariantList, some items at a time, into the list in @p out, which holds an empty list of any type.
class ListConverter final : public StepConverter
{
public:
    explicit ListConverter(QVariant *out)
        : m_out(out)
    {
    }
    StepState convert(QVariant *value, MemoryMeter *memory, int *steps) override
    {
        if (!std::exchange(m_isBegun, true))
            m_items = takeOut<QVariantList>(value);
        auto view = m_out->view<Wire::SequentialView>();
        const QMetaType itemType = view.metaContainer().valueMetaType();
        while (!m_items.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            const StepState state = m_converter.convert(&m_items.first(), itemType, &m_item, memory, steps);
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed || !memory->charge(Wire::itemCost(view)))
                return StepState::Failed;
            const bool isSet = Wire::isSetType(m_out->metaType());
            const qsizetype before = isSet ? view.size() : 0;
            Wire::addItem(view, m_item);
            if (isSet && view.size() == before)
                return StepState::Failed;
            m_item.clear();
            m_items.removeFirst();
        }
        return StepState::Done;
    }

private:
    QVariant *m_out;
    bool m_isBegun = false;
    QVariantList m_items; // those that are not converted yet
    QVariant m_item;
    ValueConverter m_converter;
};

/// Converts a QVariantMap, some entries at a time, into the map in @p out, which holds an empty map of any type.
class MapConverter final : public StepConverter
{
public:
    explicit MapConverter(QVariant *out)
        : m_out(out)
    {
    }
    StepState convert(QVariant *value, MemoryMeter *memory, int *steps) override
    {
        if (!std::exchange(m_isBegun, true))
            m_entries = takeOut<QVariantMap>(value);
        auto view = m_out->view<Wire::AssociativeView>();
        const QMetaType itemType = view.metaContainer().mappedMetaType();
        while (!m_entries.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            const auto entry = m_entries.begin();
            const StepState state = m_converter.convert(&entry.value(), itemType, &m_item, memory, steps);
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed || !memory->charge(Wire::entryCost(view)))
                return StepState::Failed;
            QVariant key;
            if (!Wire::keyOfText(entry.key(), view.metaContainer().keyMetaType(), &key))
                return StepState::Failed;
            view.setValue(key, m_item);
            m_item.clear();
            m_entries.erase(entry);
        }
        return StepState::Done;
    }

private:
    QVariant *m_out;
    bool m_isBegun = false;
    QVariantMap m_entries; // those that are not converted yet
    QVariant m_item;
    ValueConverter m_converter;
};

// Converts a QVariantMap, one field at a time, into a gadget.
class GadgetConverter final : public StepConverter
{
public:
    GadgetConverter(const QMetaObject &meta, void *gadget)
        : m_meta(meta)
        , m_gadget(gadget)
    {
    }
    StepState convert(QVariant *value, MemoryMeter *memory, int *steps) override
    {
        if (!std::exchange(m_isBegun, true))
            m_fields = takeOut<QVariantMap>(value);
        while (!m_fields.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            const StepState state = convertField(m_fields.begin(), memory, steps);
            if (state != StepState::Done)
                return state;
            m_fields.erase(m_fields.begin());
        }
        return StepState::Done;
    }

private:
    StepState convertField(QVariantMap::iterator field, MemoryMeter *memory, int *steps)
    {
        const QMetaProperty property = m_meta.property(m_meta.indexOfProperty(field.key().toUtf8().constData()));
        if (!property.isValid() || !isField(property))
            return StepState::Failed;
        if (!property.isWritable()) {
            --*steps;
            return StepState::Done;
        }
        const StepState state = m_converter.convert(&field.value(), property.metaType(), &m_field, memory, steps);
        if (state != StepState::Done)
            return state;
        const bool isSet = property.writeOnGadget(m_gadget, m_field);
        m_field.clear();
        return isSet ? StepState::Done : StepState::Failed;
    }

    const QMetaObject &m_meta;
    void *m_gadget;
    bool m_isBegun = false;
    QVariantMap m_fields; // those that are not converted yet
    QVariant m_field;
    ValueConverter m_converter;
};

template <class T>
std::unique_ptr<StepConverter> converterTo(QVariant *out)
{
    *out = QVariant::fromValue(T());
    return std::make_unique<TypedStepConverter<T>>(static_cast<T *>(out->data()));
}

std::unique_ptr<StepConverter> converterOfList(QMetaType type, QVariant *out)
{
    if (type == QMetaType::fromType<QStringList>())
        return converterTo<QStringList>(out);
    if (type == QMetaType::fromType<QVariantList>())
        return converterTo<QVariantList>(out);
    const bool isText = type == QMetaType::fromType<QString>() || type == QMetaType::fromType<QByteArray>();
    if (isText || !QMetaType::canView(type, QMetaType::fromType<Wire::SequentialView>())
        || QMetaType::canView(type, QMetaType::fromType<Wire::AssociativeView>()))
        return {};
    *out = QVariant(type);
    return std::make_unique<ListConverter>(out);
}

std::unique_ptr<StepConverter> converterOfMap(QMetaType type, QVariant *out)
{
    if (type == QMetaType::fromType<QVariantMap>())
        return converterTo<QVariantMap>(out);
    if (type == QMetaType::fromType<QVariantHash>())
        return converterTo<QVariantHash>(out);
    const bool isFieldwise = isGadget(type);
    if (!isFieldwise && !QMetaType::canView(type, QMetaType::fromType<Wire::AssociativeView>()))
        return {};
    *out = QVariant(type);
    if (isFieldwise)
        return makeGadgetConverter(*type.metaObject(), out->data());
    return std::make_unique<MapConverter>(out);
}

}

StepConverter::~StepConverter() = default;
ValueConverter::ValueConverter() = default;
ValueConverter::~ValueConverter() = default;

StepState ValueConverter::convert(QVariant *value, QMetaType type, QVariant *out, MemoryMeter *memory, int *steps)
{
    if (!m_converter) {
        --*steps;
        if (value->typeId() == QMetaType::QVariantList)
            m_converter = converterOfList(type, out);
        else if (value->typeId() == QMetaType::QVariantMap)
            m_converter = converterOfMap(type, out);
    }
    if (!m_converter)
        return convertVariant(*value, type, out, memory) ? StepState::Done : StepState::Failed;
    const StepState state = m_converter->convert(value, memory, steps);
    if (state != StepState::Working)
        m_converter.reset();
    return state;
}

std::unique_ptr<StepConverter> makeGadgetConverter(const QMetaObject &meta, void *gadget)
{
    return std::make_unique<GadgetConverter>(meta, gadget);
}

void FieldStepper::begin(const QMetaObject &meta)
{
    m_meta = &meta;
    m_seen.assign(std::size_t(meta.propertyCount()), false);
    m_property = {};
}

StepState FieldStepper::read(CborReader &reader, void *gadget, int *steps)
{
    if (!m_property.isValid() && !open(reader))
        return StepState::Failed;
    if (!m_isRead) {
        std::optional<CborReader::Trial> trial;
        if (!takesBytes(m_property.metaType()))
            trial.emplace(reader);
        const StepState state = m_stepper.read(reader, &m_value, steps);
        if (state != StepState::Done)
            return state;
        m_isRead = true;
    }
    if (m_property.isWritable()) {
        const StepState state = store(reader, gadget, steps);
        if (state != StepState::Done)
            return state;
    }
    m_value.clear();
    m_property = {};
    return StepState::Done;
}

bool FieldStepper::open(CborReader &reader)
{
    QByteArrayView name;
    if (!reader.readUtf8(&name))
        return false;
    const int index = m_meta->indexOfProperty(name.toByteArray().constData());
    if (index < 0 || !isField(m_meta->property(index)))
        return false;
    if (m_seen[std::size_t(index)])
        return failTwice(reader, QString::fromUtf8(name));
    m_seen[std::size_t(index)] = true;
    m_property = m_meta->property(index);
    m_isRead = false;
    return true;
}

StepState FieldStepper::store(CborReader &reader, void *gadget, int *steps)
{
    MemoryMeter memory = reader.meter();
    const StepState state = m_converter.convert(&m_value, m_property.metaType(), &m_converted, &memory, steps);
    if (!reader.charge(reader.memoryLeft() - memory.left()))
        return StepState::Failed;
    if (state != StepState::Done)
        return state;
    const bool isSet = m_property.writeOnGadget(gadget, m_converted);
    m_converted.clear();
    return isSet ? StepState::Done : StepState::Failed;
}

}
