// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONWRITER_P_H
#define QTPREFORK_JSONWRITER_P_H

#include <QtCore/QByteArray>
#include <QtCore/QVariant>

#include <optional>

namespace Prefork::Wire {

/// Appends values as JSON to a QByteArray, without white space. It never drops or rounds anything silently: a value
/// that JSON cannot carry is not written to its end.
class JsonWriter
{
public:
    using Failure = std::optional<QString>;

    /// Appends to @p out, and gives up when that has grown by more than @p limit bytes.
    JsonWriter(QByteArray *out, qsizetype limit)
        : m_out(out)
        , m_start(out->size())
        , m_limit(limit)
    {
    }
    /// Writes @p value, which is nested in @p depth arrays and objects, or returns which part of it JSON cannot carry.
    [[nodiscard]] Failure write(const QVariant &value, int depth);
    /// Appends what is no value.
    void raw(QByteArrayView bytes) { m_out->append(bytes); }
    /// Counts what a message takes around its values, of which there are @p items.
    void countMessage(qsizetype items);
    /// Whether all of it may be sent: not longer than the limit, and with values of no more than @p maxDecodedSize
    /// bytes of memory.
    [[nodiscard]] Failure finish(qint64 maxDecodedSize) const;
    /// Takes everything back.
    void undo() { m_out->truncate(m_start); }
    /// What a JsonParser makes of what was written takes so many bytes of memory.
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
