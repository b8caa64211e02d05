// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONPARSER_P_H
#define QTPREFORK_JSONPARSER_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QByteArrayView>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <vector>

namespace Prefork::Wire {

/// Makes a QVariantList of a JSON array, to the letter of RFC 8259, in steps, and within a bound of memory. Integers
/// become qlonglong, above its range qulonglong; up to 2^53 also those written as 1.0 or 1e3. Other numbers become
/// double, -0 among them, objects QVariantMap, of a key that comes twice the last value.
class JsonParser
{
public:
    enum class State {
        Working, ///< not yet done: call parse() again
        Done,
        Malformed, ///< errorString() says how
        Refused, ///< takes more memory than it may, or has an integer that does not fit: errorString() says what it has
    };

    /// What the items of a list and the entries of a map take besides what they keep. A list doubles its room as it
    /// grows.
    static constexpr qint64 FirstItemCost = detail::blockCost(64);
    static constexpr qint64 ItemCost = 2 * qint64(sizeof(QVariant));
    static constexpr qint64 FirstEntryCost = detail::mapCost<QVariantMap>(1);
    static constexpr qint64 EntryCost = detail::mapCost<QVariantMap>(2) - FirstEntryCost;

    /// Begins with @p text, which must live until it is done. A JsonScanner has found its end.
    void start(QByteArrayView text, qint64 maxDecodedSize);
    [[nodiscard]] bool isWorking() const { return m_state == State::Working; }
    /// Goes on for about @p steps values.
    State parse(int steps);
    /// The array; if it is Refused, what of it came before that.
    [[nodiscard]] QVariantList take();
    [[nodiscard]] QString errorString() const { return m_error; }
    /// What is left of the bound.
    [[nodiscard]] const detail::MemoryMeter &memory() const { return m_memory; }

private:
    struct Level
    {
        bool isMap = false;
        bool isEmpty = true;
        QVariantList list;
        QVariantMap map;
        QString key;
    };
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
