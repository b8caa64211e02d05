// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONSCANNER_P_H
#define QTPREFORK_JSONSCANNER_P_H

#include "wire/buffertrimmer_p.h"
#include "wire/codec_p.h"

#include <QtCore/QByteArray>

#include <limits>
#include <vector>

namespace Prefork::Wire {

/// Cuts a stream of concatenated JSON arrays into single arrays, and looks at each byte once. It knows only strings and
/// brackets, and gives up as early as these allow; whether an array is valid JSON, JsonParser finds out. A JsonReader
/// owns it.
class JsonScanner
{
public:
    static constexpr int MaxDepth = 512;

    /// At most @p maxPadding bytes of white space are accepted in front of a message.
    explicit JsonScanner(qsizetype maxMessageSize = DefaultMaxMessageSize,
                         qsizetype maxPadding = std::numeric_limits<qsizetype>::max())
        : m_maxMessageSize(maxMessageSize)
        , m_maxPadding(maxPadding)
    {
    }

    void feed(QByteArrayView bytes);
    /// After Decoded::Message, @p message views the next array until the next call of feed() or next().
    [[nodiscard]] Decoded next(QByteArrayView *message);
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Returns true while there are bytes, other than white space, that next() has not handed out.
    [[nodiscard]] bool hasRest() const;

private:
    enum class Step { More, Complete, Broken };
    Step scan();
    Step structural(char byte);
    void skipString();
    Step fail(const QString &error);

    qsizetype m_maxMessageSize;
    qsizetype m_maxPadding;
    qsizetype m_padding = 0; // bytes of white space since the last message
    QByteArray m_buffer;
    BufferTrimmer m_trimmer;
    qsizetype m_start = 0; // of the message being scanned
    qsizetype m_position = 0; // of the next byte to look at
    std::vector<char> m_brackets; // the closing brackets that must still come, the next one last
    bool m_inString = false;
    bool m_escaped = false;
    QString m_error;
};

}

#endif
