// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_SIGNATURE_H
#define QTPREFORK_DETAIL_SIGNATURE_H

#include <QtPrefork/detail/cborconvert.h>

namespace Prefork::detail {

/// The signature of a typed method: its result and its parameters as wire types, such as `s(s,i)`, and a hash of this
/// text, by which two programs compare signatures.
struct QTPREFORK_EXPORT Signature
{
    explicit Signature(const QByteArray &itsText);
    QByteArray text;
    quint64 hash;
};

/// How a signature in words describes structures: by their names only, or also with the types of their fields.
enum class Wording { Names, Fields };
/// Returns the text of a signature, which may come from a peer, in C++ words: `int(int, QString)` for `i(i,s)`. All
/// integers are `int`, because their sizes are not compared. A text that is not a signature is returned itself, on one
/// line.
[[nodiscard]] QTPREFORK_EXPORT QString signatureInWords(QByteArrayView text, Wording wording = Wording::Names);
/// Returns a list of wire types in C++ words: `int, QString` for `is`.
[[nodiscard]] QTPREFORK_EXPORT QString typesInWords(QByteArrayView types, Wording wording = Wording::Names);

template <class R, class... A>
[[nodiscard]] const Signature &signatureOf()
{
    static const Signature signature = [] {
        QByteArray text;
        appendWireType<std::remove_cvref_t<R>>(&text);
        text += '(';
        [[maybe_unused]] bool isFirst = true;
        ((isFirst ? void(isFirst = false) : void(text += ','), appendWireType<std::remove_cvref_t<A>>(&text)), ...);
        text += ')';
        return Signature(text);
    }();
    return signature;
}

}

#endif
