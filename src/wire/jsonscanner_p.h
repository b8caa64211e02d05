// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONSCANNER_P_H
#define QTPREFORK_JSONSCANNER_P_H

#include "wire/codec_p.h"
#include "wire/thrift_p.h"

#include <QtCore/QByteArray>

#include <limits>
#include <vector>

namespace Prefork::Wire {

/// Cuts a stream of concatenated JSON arrays into single ones, looking at each byte once. It knows strings and brackets
/// only, and gives up as early as they allow; whether a piece is JSON is for a parser to say.
class JsonScanner
{
public:
    static constexpr int MaxDepth = 512;

    /// Of white space in front of a message @p maxPadding bytes are taken.
    explicit JsonScanner(qsizetype maxMessageSize = DefaultMaxMessageSize,
                         qsizetype maxPadding = std::numeric_limits<qsizetype>::max())
        : m_maxMessageSize(maxMessageSize)
        , m_maxPadding(maxPadding)
    {
    }

    void feed(QByteArrayView bytes);
    /// On Message, @p message views the next array until the next call of feed() or next().
    [[nodiscard]] Decoded next(QByteArrayView *message);
    [[nodiscard]] QString errorString() const { return m_error; }
    /// True while bytes wait, other than white space, that next() has not handed out.
    [[nodiscard]] bool hasRest() const;

private:
    enum class Step { More, Complete, Broken };
    Step scan();
    Step structural(char byte);
    void skipString();
    Step fail(const QString &error);

    qsizetype m_maxMessageSize;
    qsizetype m_maxPadding;
    qsizetype m_padding = 0; // since the last message
    QByteArray m_buffer;
    Thrift m_thrift;
    qsizetype m_start = 0; // of the message being scanned
    qsizetype m_position = 0; // of the next byte to look at
    std::vector<char> m_brackets; // the closing brackets awaited
    bool m_inString = false;
    bool m_escaped = false;
    QString m_error;
};

}

#endif
