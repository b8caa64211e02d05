// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_STEPCONVERTER_H
#define QTPREFORK_DETAIL_STEPCONVERTER_H

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/stepreader.h>

#include <QtCore/QVariant>

#include <memory>
#include <utility>

/// Converts QVariants to typed values in steps, so that an event loop can turn in between. The result is the same as
/// that of fromVariant(), which converts at once. A part that was converted is removed from the QVariant, so that
/// nothing large is left to be destroyed at the end.
namespace Prefork::detail {

/// Converts one QVariant in steps.
class QTPREFORK_EXPORT StepConverter
{
    Q_DISABLE_COPY_MOVE(StepConverter)

public:
    StepConverter() = default;
    virtual ~StepConverter();
    /// Continues for about @p steps values, and subtracts them from @p steps. Until it is done, it must be called with
    /// the same @p value, which no other code may use.
    [[nodiscard]] virtual StepState convert(QVariant *value, MemoryMeter *memory, int *steps) = 0;
};

/// Removes the T that @p value holds, and returns it.
template <class T>
[[nodiscard]] T takeOut(QVariant *value)
{
    T taken = std::move(*static_cast<T *>(value->data()));
    value->clear();
    return taken;
}

/// Converts to a T: lists, maps and gadgets in steps, everything else at once. When a value is done, the object may be
/// used for another one.
template <class T>
class Converter
{
public:
    [[nodiscard]] StepState convert(QVariant *value, T *out, MemoryMeter *memory, int *steps)
    {
        --*steps;
        return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
    }
};

template <>
class Converter<QVariant>
{
public:
    [[nodiscard]] StepState convert(QVariant *value, QVariant *out, MemoryMeter *, int *steps)
    {
        --*steps;
        *out = std::move(*value);
        return StepState::Done;
    }
};

template <ItemContainer T>
class Converter<T>
{
    using Item = typename T::value_type;

public:
    [[nodiscard]] StepState convert(QVariant *value, T *out, MemoryMeter *memory, int *steps)
    {
        if (!m_isBegun) {
            --*steps; // an empty list is a value, too
            if (value->typeId() != QMetaType::QVariantList)
                return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
            m_items = takeOut<QVariantList>(value);
            m_isBegun = true;
            if (!memory->charge(sequenceCost<T>(m_items.size())))
                return StepState::Failed;
            if constexpr (requires { out->reserve(1); })
                out->reserve(typename T::size_type(m_items.size()));
        }
        while (!m_items.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            const StepState state = m_converter.convert(&m_items.first(), &m_item, memory, steps);
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed || !chargeItem(m_items.first(), m_item, memory))
                return StepState::Failed;
            if (!putItem(out, std::exchange(m_item, Item())))
                return StepState::Failed;
            m_items.removeFirst();
        }
        m_isBegun = false;
        return StepState::Done;
    }

private:
    bool m_isBegun = false;
    QVariantList m_items; // the ones that are left
    Item m_item{};
    Converter<Item> m_converter;
};

template <MapContainer T>
class Converter<T>
{
    using Item = typename T::mapped_type;

public:
    [[nodiscard]] StepState convert(QVariant *value, T *out, MemoryMeter *memory, int *steps)
    {
        if (!m_isBegun) {
            --*steps;
            if (value->typeId() != QMetaType::QVariantMap)
                return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
            m_entries = takeOut<QVariantMap>(value);
            m_isBegun = true;
            if (!memory->charge(mapCost<T>(m_entries.size())))
                return StepState::Failed;
            if constexpr (requires { out->reserve(1); })
                out->reserve(typename T::size_type(m_entries.size()));
        }
        while (!m_entries.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            const auto entry = m_entries.begin();
            const StepState state = m_converter.convert(&entry.value(), &m_item, memory, steps);
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed || !chargeItem(entry.value(), m_item, memory))
                return StepState::Failed;
            typename KeyTypeOf<T>::Type key{};
            if (!keyOf(entry.key(), &key) || !putEntry(out, std::move(key), std::exchange(m_item, Item())))
                return StepState::Failed;
            m_entries.erase(entry);
        }
        m_isBegun = false;
        return StepState::Done;
    }

private:
    bool m_isBegun = false;
    QVariantMap m_entries; // the ones that are left
    Item m_item{};
    Converter<Item> m_converter;
};

template <class T>
    requires(isTuple<T> || isArray<T>)
class Converter<T>
{
public:
    [[nodiscard]] StepState convert(QVariant *value, T *out, MemoryMeter *memory, int *steps)
    {
        if (!m_isBegun) {
            --*steps;
            if (value->typeId() != QMetaType::QVariantList)
                return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
            m_items = takeOut<QVariantList>(value);
            if (std::size_t(m_items.size()) != std::tuple_size_v<T>)
                return StepState::Failed;
            m_isBegun = true;
        }
        while (!m_items.isEmpty()) {
            if (*steps <= 0)
                return StepState::Working;
            StepState state = StepState::Failed;
            m_steps.visit(out, std::tuple_size_v<T> - std::size_t(m_items.size()), [&](auto &converter, auto &item) {
                state = converter.convert(&m_items.first(), &item, memory, steps);
                if (state == StepState::Done && !chargeItem(m_items.first(), item, memory))
                    state = StepState::Failed;
            });
            if (state != StepState::Done)
                return state;
            m_items.removeFirst();
        }
        m_isBegun = false;
        return StepState::Done;
    }

private:
    bool m_isBegun = false;
    QVariantList m_items; // the ones that are left
    TupleSteps<Converter, T> m_steps;
};

template <class T>
    requires isNeverNull<T>
class Converter<std::optional<T>>
{
public:
    [[nodiscard]] StepState convert(QVariant *value, std::optional<T> *out, MemoryMeter *memory, int *steps)
    {
        if (!m_isBegun) {
            if (value->typeId() != QMetaType::QVariantList && value->typeId() != QMetaType::QVariantMap) {
                --*steps;
                return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
            }
            out->emplace();
            m_isBegun = true;
        }
        const StepState state = m_converter.convert(value, &**out, memory, steps);
        if (state != StepState::Working)
            m_isBegun = false;
        return state;
    }

private:
    bool m_isBegun = false;
    Converter<T> m_converter;
};

/// Returns an object that converts to @p gadget, a gadget of type @p meta, by the rules of gadgetFromVariant().
[[nodiscard]] QTPREFORK_EXPORT std::unique_ptr<StepConverter> makeGadgetConverter(const QMetaObject &meta,
                                                                                  void *gadget);

template <HasMetaObject T>
    requires(!Composite<T>)
class Converter<T>
{
public:
    [[nodiscard]] StepState convert(QVariant *value, T *out, MemoryMeter *memory, int *steps)
    {
        if (!m_converter) {
            --*steps;
            const QMetaType type = QMetaType::fromType<T>();
            if (value->typeId() != QMetaType::QVariantMap || !isGadget(type)
                || QMetaType::canConvert(value->metaType(), type))
                return fromVariant(*value, out, memory) ? StepState::Done : StepState::Failed;
            m_converter = makeGadgetConverter(T::staticMetaObject, out);
        }
        const StepState state = m_converter->convert(value, memory, steps);
        if (state != StepState::Working)
            m_converter.reset();
        return state;
    }

private:
    std::unique_ptr<StepConverter> m_converter;
};

/// Converts into a place of the caller's.
template <class T>
class TypedStepConverter final : public StepConverter
{
public:
    explicit TypedStepConverter(T *out)
        : m_out(out)
    {
    }
    StepState convert(QVariant *value, MemoryMeter *memory, int *steps) override
    {
        return m_converter.convert(value, m_out, memory, steps);
    }

private:
    T *m_out;
    Converter<T> m_converter;
};

}

#endif
