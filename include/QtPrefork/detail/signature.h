// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_SIGNATURE_H
#define QTPREFORK_DETAIL_SIGNATURE_H

#include <QtPrefork/detail/cborconvert.h>

namespace Prefork::detail {

/// A typed method's result and parameters in wire types, such as `s(s,i)`, and the hash by which two programs compare
/// them.
struct QTPREFORK_EXPORT Signature
{
    explicit Signature(const QByteArray &itsText);
    QByteArray text;
    quint64 hash;
};

/// How much a signature in words says of structures: their names, or the types of their fields too.
enum class Wording { Names, Fields };
/// A signature's text, which may come from a peer, as C++ would have it: `int(int, QString)` for `i(i,s)`. Integers of
/// all kinds are `int` there, for nobody compares them. What is no such text becomes itself, on one line.
[[nodiscard]] QTPREFORK_EXPORT QString signatureInWords(QByteArrayView text, Wording wording = Wording::Names);
/// The same for the types of values, such as `is`: `int, QString`.
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
