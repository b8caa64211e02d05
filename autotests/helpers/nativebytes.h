// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_NATIVEBYTES_H
#define AUTOTESTS_NATIVEBYTES_H

#include <QtCore/QByteArrayList>
#include <QtCore/QtEndian>

/// Bytes of the native protocol, made without its codecs: what those would never say can be said too.
namespace Test {

inline constexpr int HelloKind = 1;
inline constexpr int CallKind = 2;
inline constexpr int ResultKind = 3;
inline constexpr int FailureKind = 4;
inline constexpr int ReleaseKind = 5;
inline constexpr int GoodbyeKind = 7;
inline constexpr int EventKind = 8;
inline constexpr int ProgressKind = 9;
inline constexpr int CancelKind = 10;
inline constexpr int CanceledKind = 11;
inline constexpr int BegunKind = 12;

[[nodiscard]] inline QByteArray bigEndian(quint64 number)
{
    QByteArray bytes(8, Qt::Uninitialized);
    qToBigEndian(number, bytes.data());
    return bytes;
}
/// A header that claims @p length bytes, with @p reserved in the three that are to be zero.
[[nodiscard]] inline QByteArray header(quint64 length, int kind, quint64 id = 0, quint32 reserved = 0)
{
    return bigEndian(length << 32 | quint64(kind) << 24 | reserved) + bigEndian(id);
}
[[nodiscard]] inline QByteArray packet(int kind, const QByteArray &payload, quint64 id = 0)
{
    return header(quint64(payload.size()), kind, id) + payload;
}
/// A head of CBOR with an argument of four bytes.
[[nodiscard]] inline QByteArray longHead(int major, quint32 argument)
{
    return char(major << 5 | 26) + bigEndian(argument).sliced(4);
}
/// A text of fewer than 24 bytes.
[[nodiscard]] inline QByteArray text(const QByteArray &bytes)
{
    return char(0x60 + bytes.size()) + bytes;
}
/// An array of fewer than 24 items.
[[nodiscard]] inline QByteArray array(const QByteArrayList &items)
{
    return char(0x80 + items.size()) + items.join();
}
/// A map of fewer than 24 pairs: keys and values by turns.
[[nodiscard]] inline QByteArray map(const QByteArrayList &items)
{
    return char(0xa0 + items.size() / 2) + items.join();
}
/// @p depth arrays in each other.
[[nodiscard]] inline QByteArray nested(int depth)
{
    return QByteArray(depth - 1, char(0x81)) + char(0x80);
}
/// The preamble and a hello that accepts a megabyte.
[[nodiscard]] inline QByteArray hello(const QByteArray &payload
                                      = map({text("version"), "\x01", text("limit"), longHead(0, 1 << 20)}))
{
    return "Q]PF" + packet(HelloKind, payload);
}
/// The same from a peer that speaks everything.
[[nodiscard]] inline QByteArray featuredHello()
{
    return hello(map({text("version"), "\x01", text("limit"), longHead(0, 1 << 20), text("features"),
                      array({text("cancel"), text("event"), text("progress"), text("begun"), text("of later")})}));
}
[[nodiscard]] inline QByteArray eventOf(const QByteArray &name, const QByteArrayList &arguments, quint64 id)
{
    return packet(EventKind, array(QByteArrayList{map({}), text(name)} + arguments), id);
}
[[nodiscard]] inline QByteArray progressOf(const QByteArrayList &items, quint64 id)
{
    return packet(ProgressKind, array(QByteArrayList{map({})} + items), id);
}
[[nodiscard]] inline QByteArray canceled(bool hadBegun, quint64 id)
{
    return packet(CanceledKind, map({text("begun"), hadBegun ? "\xf5" : "\xf4"}), id);
}
/// A call of echo(@p argument).
[[nodiscard]] inline QByteArray echoCall(const QByteArray &argument, quint64 id, quint64 group = 0)
{
    return packet(CallKind, bigEndian(group) + array({map({}), text("echo"), argument}), id);
}
[[nodiscard]] inline QByteArray resultOf(const QByteArray &value, quint64 id)
{
    return packet(ResultKind, array({map({}), value}), id);
}

}

#endif
