// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UTF8_P_H
#define QTPREFORK_UTF8_P_H

#include "wire/ascii_p.h"

#include <QtCore/QStringConverter>

namespace Prefork::Wire {

/// Appends @p bytes, which are UTF-8, to @p text; a byte order mark is a character like any other. Returns false if
/// they are not UTF-8, which QString::fromUtf8() would not tell. It takes no more memory than detail::textCost() says.
[[nodiscard]] inline bool appendUtf8(QByteArrayView bytes, QString *text)
{
    if (bytes.isEmpty())
        return true;
    const qsizetype before = text->size();
    const qsizetype size = before + bytes.size() + 1; // as much as QStringDecoder::requiredSpace() asks for
    if (size > text->capacity())
        text->reserve(size); // resize() alone would take more, to have room for further growth
    text->resize(size);
    QChar *const to = text->data();
    const qsizetype ascii
        = copyAscii(bytes.data(), bytes.size(), reinterpret_cast<char16_t *>(to + before)); // the same type in memory
    if (ascii == bytes.size()) {
        text->truncate(before + ascii);
        return true;
    }
    QStringDecoder decoder(QStringDecoder::Utf8,
                           QStringConverter::Flag::Stateless | QStringConverter::Flag::ConvertInitialBom);
    Q_ASSERT(decoder.requiredSpace(bytes.size() - ascii) <= size - before - ascii);
    const QChar *const end = decoder.appendToBuffer(to + before + ascii, bytes.sliced(ascii));
    text->truncate(end - to);
    return !decoder.hasError();
}

/// Returns @p text with a question mark for each half of a surrogate pair. This is for error texts, which must arrive
/// in any case.
[[nodiscard]] inline QString wellFormed(const QString &text)
{
    return text.isValidUtf16() ? text : QString::fromUtf8(text.toUtf8());
}

}

#endif
