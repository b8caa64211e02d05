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
