// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_STEPREADER_H
#define QTPREFORK_DETAIL_STEPREADER_H

#include <QtPrefork/detail/cborconvert.h>

#include <QtCore/QMetaProperty>
#include <QtCore/QVariant>

#include <memory>
#include <vector>

/// Reads large results in steps, so that an event loop can turn in between. The result is the same as that of
/// fromCbor() and readVariant(), which read at once.
namespace Prefork::detail {

/// How far an object has come that works in steps.
enum class StepState {
    Working, ///< it is not done: call it again
    Done,
    Failed, ///< the value is of another type, or the reader is broken
};

/// Reads one value in steps.
class QTPREFORK_EXPORT StepReader
{
    Q_DISABLE_COPY_MOVE(StepReader)

public:
    StepReader() = default;
    virtual ~StepReader();
    /// Continues for about @p steps values, and subtracts them from @p steps.
    [[nodiscard]] virtual StepState read(CborReader &reader, int *steps) = 0;
};

/// Reads a value of any type in steps. When a value is done, the object may be used for another one.
class QTPREFORK_EXPORT VariantStepper
{
public:
    [[nodiscard]] StepState read(CborReader &reader, QVariant *out, int *steps);

private:
    struct Level
    {
        bool isMap = false;
        bool isIndefinite = false;
        quint64 left = 0;
        QVariantList list;
        QVariantMap map;
        QString key;
    };
    enum class Step { Opened, Read, Failed };

    [[nodiscard]] bool isAtEnd(CborReader &reader, const Level &level);
    [[nodiscard]] Step next(CborReader &reader, QVariant *out);
    [[nodiscard]] bool put(CborReader &reader, Level &level, QVariant &&value);

    std::vector<Level> m_levels;
};

/// Reads a T: containers in steps, everything else at once. When a value is done, the object may be used for another
/// one.
template <class T>
class Stepper
{
public:
    [[nodiscard]] StepState read(CborReader &reader, T *out, int *steps)
    {
        --*steps;
        return fromCbor(reader, out) ? StepState::Done : StepState::Failed;
    }
};

template <>
class Stepper<QVariant> : public VariantStepper
{
};

class StepConverter;

/// Converts to a type that is known only at run time, by the rules of convertVariant(): lists, maps and gadgets in
/// steps. When a value is done, the object may be used for another one.
class QTPREFORK_EXPORT ValueConverter
{
    Q_DISABLE_COPY_MOVE(ValueConverter)

public:
    ValueConverter();
    ~ValueConverter();
    /// Continues, as StepConverter::convert() does.
    [[nodiscard]] StepState convert(QVariant *value, QMetaType type, QVariant *out, MemoryMeter *memory, int *steps);

private:
    std::unique_ptr<StepConverter> m_converter; // for a value that was begun
};

/// Reads the fields of gadgets one by one, by the rules of readGadget().
class QTPREFORK_EXPORT FieldStepper
{
public:
    /// Begins a gadget of type @p meta.
    void begin(const QMetaObject &meta);
    /// Reads one field.
    [[nodiscard]] StepState read(CborReader &reader, void *gadget, int *steps);

private:
    [[nodiscard]] bool open(CborReader &reader);
    [[nodiscard]] StepState store(CborReader &reader, void *gadget, int *steps);

    const QMetaObject *m_meta = nullptr;
    std::vector<bool> m_seen;
    QMetaProperty m_property; // valid for a field that was begun
    bool m_isRead = false;
    QVariant m_value;
    QVariant m_converted;
    VariantStepper m_stepper;
    ValueConverter m_converter;
};

/// The common part of the steppers of lists and maps. A value that is no such container is read at once, by the rules
/// of fromCbor().
template <class T, class Item>
class ContainerStepper
{
protected:
    // Begins the container and returns true, or returns false if the value is of another type.
    [[nodiscard]] bool begin(CborReader &reader, bool (CborReader::*readHead)(quint64 *), qint64 (*cost)(qint64))
    {
        m_start = reader.position();
        m_memoryLeft = reader.memoryLeft();
        m_index = 0;
        m_isBegun = (reader.*readHead)(&m_count) && reader.charge(cost(qint64(m_count))) && reader.enter();
        return m_isBegun;
    }
    [[nodiscard]] bool isBegun() const { return m_isBegun; }
    [[nodiscard]] StepState end(CborReader &reader)
    {
        reader.leave();
        m_isBegun = false;
        return StepState::Done;
    }
    [[nodiscard]] StepState fail(CborReader &reader, T *out)
    {
        if (std::exchange(m_isBegun, false))
            reader.leave();
        *out = T();
        m_item = Item();
        if (reader.isBroken() || !reader.seek(m_start))
            return StepState::Failed;
        reader.setMemoryLeft(m_memoryLeft);
        return fromCbor(reader, out) ? StepState::Done : StepState::Failed;
    }

    quint64 m_count = 0;
    quint64 m_index = 0;
    Item m_item{};
    qsizetype m_itemStart = -1; // the position of an item that was begun, or -1
    Stepper<Item> m_stepper;

private:
    qsizetype m_start = 0;
    qint64 m_memoryLeft = 0;
    bool m_isBegun = false;
};

template <ItemContainer T>
class Stepper<T> : ContainerStepper<T, typename T::value_type>
{
public:
    [[nodiscard]] StepState read(CborReader &reader, T *out, int *steps)
    {
        using Item = typename T::value_type;
        if (!this->isBegun()) {
            --*steps; // an empty container is a value, too
            if (!this->begin(reader, &CborReader::readArray, &sequenceCost<T>))
                return this->fail(reader, out);
            if constexpr (requires { out->reserve(1); })
                out->reserve(typename T::size_type(this->m_count));
            this->m_itemStart = -1;
        }
        while (this->m_index < this->m_count) {
            if (*steps <= 0)
                return StepState::Working;
            if (this->m_itemStart < 0)
                this->m_itemStart = reader.position();
            const StepState state = this->m_stepper.read(reader, &this->m_item, steps);
            if (state == StepState::Working)
                return state;
            const qsizetype length = reader.position() - std::exchange(this->m_itemStart, -1);
            if (state == StepState::Failed || !reader.charge(keptByItem(this->m_item, length)))
                return this->fail(reader, out);
            if (!putItem(out, std::exchange(this->m_item, Item())))
                return this->fail(reader, out);
            ++this->m_index;
        }
        return this->end(reader);
    }
};

template <MapContainer T>
class Stepper<T> : ContainerStepper<T, typename T::mapped_type>
{
public:
    [[nodiscard]] StepState read(CborReader &reader, T *out, int *steps)
    {
        using Item = typename T::mapped_type;
        if (!this->isBegun()) {
            --*steps; // an empty container is a value, too
            if (!this->begin(reader, &CborReader::readMap, &mapCost<T>))
                return this->fail(reader, out);
            this->m_itemStart = -1;
        }
        while (this->m_index < this->m_count) {
            if (*steps <= 0)
                return StepState::Working;
            if (this->m_itemStart < 0) {
                if (!readKey(reader, &m_text) || !keyOf(m_text, &m_key))
                    return this->fail(reader, out);
                this->m_itemStart = reader.position();
            }
            const StepState state = this->m_stepper.read(reader, &this->m_item, steps);
            if (state == StepState::Working)
                return state;
            const qsizetype length = reader.position() - std::exchange(this->m_itemStart, -1);
            if (state == StepState::Failed || !reader.charge(keptByItem(this->m_item, length)))
                return this->fail(reader, out);
            if (!putEntry(out, std::move(m_key), std::exchange(this->m_item, Item()))) {
                static_cast<void>(failTwice(reader, m_text));
                return this->fail(reader, out);
            }
            ++this->m_index;
        }
        return this->end(reader);
    }

private:
    QString m_text;
    typename KeyTypeOf<T>::Type m_key{};
};

/// The objects that read, or convert, the items of a tuple or an array.
template <template <class> class Step, class T>
class TupleSteps;
template <template <class> class Step, class T, std::size_t N>
class TupleSteps<Step, std::array<T, N>>
{
public:
    template <class Visit>
    void visit(std::array<T, N> *value, quint64 index, Visit visitor)
    {
        visitor(m_step, (*value)[index]);
    }

private:
    Step<T> m_step;
};
template <template <class> class Step, class... T>
class TupleSteps<Step, std::tuple<T...>>
{
public:
    template <class Tuple, class Visit>
    void visit(Tuple *value, quint64 index, Visit visitor)
    {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((I == index ? visitor(std::get<I>(m_steps), std::get<I>(*value)) : void()), ...);
        }(std::index_sequence_for<T...>());
    }

private:
    std::tuple<Step<T>...> m_steps;
};
template <template <class> class Step, class T, class U>
class TupleSteps<Step, std::pair<T, U>> : public TupleSteps<Step, std::tuple<T, U>>
{
};

template <class T>
    requires(isTuple<T> || isArray<T>)
class Stepper<T> : ContainerStepper<T, QVariant>
{
public:
    [[nodiscard]] StepState read(CborReader &reader, T *out, int *steps)
    {
        if (!this->isBegun()) {
            --*steps;
            const bool isBegun = this->begin(reader, &CborReader::readArray, [](qint64) { return qint64(0); });
            if (!isBegun || this->m_count != std::tuple_size_v<T>)
                return this->fail(reader, out);
            this->m_itemStart = -1;
        }
        while (this->m_index < this->m_count) {
            if (*steps <= 0)
                return StepState::Working;
            if (this->m_itemStart < 0)
                this->m_itemStart = reader.position();
            StepState state = StepState::Failed;
            m_steps.visit(out, this->m_index, [&](auto &stepper, auto &item) {
                state = stepper.read(reader, &item, steps);
                if (state == StepState::Done && !reader.charge(keptByItem(item, reader.position() - this->m_itemStart)))
                    state = StepState::Failed;
            });
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed)
                return this->fail(reader, out);
            this->m_itemStart = -1;
            ++this->m_index;
        }
        return this->end(reader);
    }

private:
    TupleSteps<Stepper, T> m_steps;
};

template <class T>
    requires isNeverNull<T>
class Stepper<std::optional<T>>
{
public:
    [[nodiscard]] StepState read(CborReader &reader, std::optional<T> *out, int *steps)
    {
        if (!m_isBegun) {
            --*steps;
            m_start = reader.position();
            m_memoryLeft = reader.memoryLeft();
            out->reset();
            if (reader.readNull())
                return StepState::Done;
            if (reader.isBroken())
                return StepState::Failed;
            out->emplace();
            m_isBegun = true;
        }
        if (*steps <= 0)
            return StepState::Working;
        const StepState state = m_stepper.read(reader, &**out, steps);
        if (state == StepState::Working)
            return state;
        m_isBegun = false;
        const bool isRead = state == StepState::Done && reader.charge(keptByItem(**out, reader.position() - m_start));
        if (isRead || reader.isBroken() || !reader.seek(m_start))
            return isRead ? StepState::Done : StepState::Failed;
        reader.setMemoryLeft(m_memoryLeft);
        return fromCbor(reader, out) ? StepState::Done : StepState::Failed;
    }

private:
    bool m_isBegun = false;
    qsizetype m_start = 0;
    qint64 m_memoryLeft = 0;
    Stepper<T> m_stepper;
};

template <HasMetaObject T>
    requires(!Composite<T>)
class Stepper<T> : ContainerStepper<T, QVariant>
{
public:
    [[nodiscard]] StepState read(CborReader &reader, T *out, int *steps)
    {
        if (!this->isBegun()) {
            --*steps;
            if (!isGadget<T>())
                return fromCbor(reader, out) ? StepState::Done : StepState::Failed;
            if (!this->begin(reader, &CborReader::readMap, [](qint64) { return qint64(0); }))
                return this->fail(reader, out);
            m_fields.begin(T::staticMetaObject);
        }
        while (this->m_index < this->m_count) {
            if (*steps <= 0)
                return StepState::Working;
            const StepState state = m_fields.read(reader, out, steps);
            if (state == StepState::Working)
                return state;
            if (state == StepState::Failed)
                return this->fail(reader, out);
            ++this->m_index;
        }
        return this->end(reader);
    }

private:
    FieldStepper m_fields;
};

/// Reads a T in steps, into an object of the caller's.
template <class T>
class TypedStepReader final : public StepReader
{
public:
    explicit TypedStepReader(T *out)
        : m_out(out)
    {
    }
    StepState read(CborReader &reader, int *steps) override { return m_stepper.read(reader, m_out, steps); }

private:
    T *m_out;
    Stepper<T> m_stepper;
};

}

#endif
