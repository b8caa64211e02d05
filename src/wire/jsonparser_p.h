// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONPARSER_P_H
#define QTPREFORK_JSONPARSER_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QByteArrayView>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <vector>

namespace Prefork::Wire {

/// Parses one JSON array into a QVariantList, strictly by RFC 8259, in steps, and within a limit of memory. A
/// JsonReader owns it and calls parse() until it is done. Integers become qlonglong, or qulonglong above its range; so
/// do numbers like 1.0 and 1e3 up to 2^53. All other numbers, and -0, become double; objects become QVariantMap, in
/// which the last value of a repeated key counts.
class JsonParser
{
public:
    enum class State {
        Working, ///< there is more to parse: call parse() again
        Done,
        Malformed, ///< errorString() says how
        Refused, ///< the text takes too much memory, or has an integer that does not fit, as errorString() says
    };

    /// This is the memory that the items of a list and the entries of a map take besides their values. A list doubles
    /// its capacity as it grows.
    static constexpr qint64 FirstItemCost = detail::blockCost(64);
    static constexpr qint64 ItemCost = 2 * qint64(sizeof(QVariant));
    static constexpr qint64 FirstEntryCost = detail::mapCost<QVariantMap>(1);
    static constexpr qint64 EntryCost = detail::mapCost<QVariantMap>(2) - FirstEntryCost;

    /// Begins with @p text, one array as a JsonScanner has cut it out; it must live until the parser is done.
    void start(QByteArrayView text, qint64 maxDecodedSize);
    [[nodiscard]] bool isWorking() const { return m_state == State::Working; }
    /// Parses about @p steps more values.
    State parse(int steps);
    /// Returns the array; if the state is Refused, the items before the refused one.
    [[nodiscard]] QVariantList take();
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Returns the memory that the text was allowed, and how much of it is left.
    [[nodiscard]] const detail::MemoryMeter &memory() const { return m_memory; }

private:
    /// This is an array or object that is not closed yet.
    struct Level
    {
        bool isMap = false;
        bool isEmpty = true;
        QVariantList list;
        QVariantMap map;
        QString key;
    };
    /// This is what the parser expects next.
    enum class Due { Value, ValueOrEnd, Key, KeyOrEnd, Separator };

    [[nodiscard]] bool step();
    [[nodiscard]] bool value(char first);
    [[nodiscard]] bool key(char first);
    [[nodiscard]] bool separator(char byte);
    [[nodiscard]] bool open(bool isMap);
    [[nodiscard]] bool close();
    [[nodiscard]] bool add(QVariant &&value);
    [[nodiscard]] bool literal(QByteArrayView word, QVariant &&value);
    [[nodiscard]] bool number(QVariant *value);
    [[nodiscard]] bool digits();
    [[nodiscard]] bool string(QString *text);
    [[nodiscard]] bool unescape(QString *text, const char *end);
    [[nodiscard]] bool escape(QString *text, const char *end);
    [[nodiscard]] bool codeUnit(const char *end, char16_t *unit);
    [[nodiscard]] bool charge(qint64 bytes);
    bool refuse(const QString &what);
    bool malformed(const char *what);

    State m_state = State::Done;
    const char *m_begin = nullptr;
    const char *m_at = nullptr;
    const char *m_end = nullptr;
    Due m_due = Due::Value;
    std::vector<Level> m_levels;
    QVariantList m_result;
    detail::MemoryMeter m_memory{0, 0};
    QString m_error;
};

}

#endif
