// SPDX-License-Identifier: MIT
#include "worker/nativehello_p.h"

#include "wire/nativefields_p.h"

#include <algorithm>
#include <map>

namespace Prefork::Internal {

namespace Native = Wire::Native;
using detail::CborReader;
using detail::CborWriter;

namespace {

constexpr qsizetype HelloRest = 256; // more bytes than a hello has besides its methods

// Writes the hashes of the typed methods for which there is room; a client does not check the others. Returns how much
// room is left.
qsizetype writeMethods(const InterfacePrivate &interface, qsizetype room, CborWriter &writer)
{
    std::map<QByteArrayView, quint64> typed;
    qsizetype size = 0;
    for (const auto &[key, entry] : interface.methods) {
        const detail::Signature *const signature = entry->method->signature();
        if (!signature || typed.size() == Native::MaxMethods)
            continue;
        const qsizetype pair = entry->name.size() + 2 * 9;
        if (size + pair <= room && typed.emplace(entry->name, signature->hash).second)
            size += pair;
    }
    writer.beginMap(typed.size());
    for (const auto &[method, hash] : typed) {
        writer.writeUtf8(method);
        writer.writeUnsigned(hash);
    }
    return room - size;
}

// Writes the texts of signatures, for error messages: those that are short enough to be read, and for which there is
// room.
void writeSignatures(const InterfacePrivate &interface, qsizetype room, CborWriter &writer)
{
    constexpr qsizetype Longest = 1000;
    std::map<QByteArrayView, QByteArrayView> texts;
    qsizetype size = 0;
    for (const auto &[key, entry] : interface.methods) {
        const detail::Signature *const signature = entry->method->signature();
        if (!signature || signature->text.size() > Longest || texts.size() == Native::MaxMethods)
            continue;
        const qsizetype pair = entry->name.size() + signature->text.size() + 2 * 9;
        if (size + pair <= room && texts.emplace(entry->name, signature->text).second)
            size += pair;
    }
    writer.beginMap(texts.size());
    for (const auto &[method, text] : texts) {
        writer.writeUtf8(method);
        writer.writeUtf8(text);
    }
}

}

bool ClientHello::read(QByteArrayView payload)
{
    CborReader reader(payload);
    quint64 version = 0;
    const bool isFine = Native::readFields(reader, [&](QByteArrayView name, CborReader &value) {
        if (name == "version")
            return Native::known(value, value.readUnsigned(&version));
        if (name == "decoded")
            return Native::known(value, Native::readSize(value, &decoded));
        if (name == "features")
            return Native::known(value, readFeatures(value, &features));
        return name == "limit" && Native::known(value, value.readUnsigned(&limit));
    });
    return isFine && reader.atEnd() && version >= 1;
}

void WorkerHello::append(const InterfacePrivate &interface, qsizetype itsLimit, QByteArray *out) const
{
    out->append(Native::Preamble);
    CborWriter writer(out);
    const qsizetype start = writer.skip(Native::Header::Size);
    Native::beginHello(writer, limit, decoded, 3 + (processId != 0 ? 1 : 0) + (tellsSignatures ? 1 : 0));
    writer.writeUtf8("ordered");
    writer.writeBool(true);
    writer.writeUtf8("checkoutDone");
    writer.writeBool(bool(interface.checkoutDone));
    Native::writeFeatures(writer);
    if (processId != 0) {
        writer.writeUtf8("pid");
        writer.writeUnsigned(processId);
    }
    writer.writeUtf8("methods");
    const qsizetype room = writeMethods(interface, std::min(Native::MaxHelloSize, itsLimit) - HelloRest, writer);
    if (tellsSignatures) {
        writer.writeUtf8("signatures");
        writeSignatures(interface, room, writer);
    }
    Native::finishMessage(writer, start, Native::Hello, 0);
}

}
