// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONWRITER_P_H
#define QTPREFORK_JSONWRITER_P_H

#include <QtCore/QByteArray>
#include <QtCore/QVariant>

#include <optional>

namespace Prefork::Wire {

/// Appends values as JSON, without white space, to a QByteArray. The codecs make one for each message. It never drops
/// or rounds anything silently: if JSON cannot carry a value, write() returns what that value is, and the caller takes
/// back with undo() what was written. It also counts the memory that a JsonParser will need for the values.
class JsonWriter
{
public:
    using Failure = std::optional<QString>;

    /// Appends to @p out, and gives up when @p out has grown by more than @p limit bytes.
    JsonWriter(QByteArray *out, qsizetype limit)
        : m_out(out)
        , m_start(out->size())
        , m_limit(limit)
    {
    }
    /// Writes @p value, which is inside @p depth arrays and objects; returns what in it JSON cannot carry, or nothing.
    [[nodiscard]] Failure write(const QVariant &value, int depth);
    /// Appends bytes that are no value, such as brackets.
    void raw(QByteArrayView bytes) { m_out->append(bytes); }
    /// Counts the memory of a message around its values, of which there are @p items.
    void countMessage(qsizetype items);
    /// Returns why what was written may not be sent: it is longer than the limit, or its values take more than
    /// @p maxDecodedSize bytes of memory. Returns nothing if it may.
    [[nodiscard]] Failure finish(qint64 maxDecodedSize) const;
    /// Returns true if more bytes were written than the limit allows.
    [[nodiscard]] bool isFull() const { return m_out->size() - m_start > m_limit; }
    /// Takes back everything that was written.
    void undo() { m_out->truncate(m_start); }
    /// Returns how many bytes of memory the values take when a JsonParser has read them.
    [[nodiscard]] qint64 decodedSize() const { return m_decodedSize; }

private:
    template <class List>
    [[nodiscard]] Failure list(const List &items, int depth);
    template <class Entry>
    [[nodiscard]] Failure entries(Entry begin, Entry end, int depth);
    [[nodiscard]] Failure association(const QVariant &value, int depth);
    [[nodiscard]] Failure other(const QVariant &value, int depth);
    [[nodiscard]] Failure floating(double number);
    [[nodiscard]] Failure bytes(const QByteArray &data);
    [[nodiscard]] Failure url(const QUrl &address);
    [[nodiscard]] Failure dateTime(const QDateTime &value);
    template <class Time>
    [[nodiscard]] Failure time(const Time &value, const char *type);
    [[nodiscard]] Failure text(QStringView string);
    void plainText(QStringView text);
    void escape(char16_t unit);
    [[nodiscard]] Failure checkLimit() const;

    QByteArray *m_out;
    qsizetype m_start;
    qsizetype m_limit;
    qint64 m_decodedSize = 0;
};

}

#endif
