// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborconvert.h>

#include <QtCore/QPoint>

#include <cstdlib>

using namespace Prefork::detail;

namespace {

const TypeRegistry &types()
{
    static const TypeRegistry registry = [] {
        TypeRegistry filled;
        filled.add<QPoint>("point");
        return filled;
    }();
    return registry;
}

void require(bool holds)
{
    if (!holds)
        std::abort();
}

// What the writer makes of a read value must be read again, and then be written the same.
void roundTrip(const QVariant &value)
{
    QByteArray once;
    CborWriter writer(&once, &types());
    writer.writeVariant(value);
    writer.finish();
    if (writer.hasFailed())
        return; // a date beyond the year 9999, or an object around which the array of tag 27 is one level too many
    CborReader reader(once, &types());
    QVariant again;
    require(reader.readVariant(&again) && reader.atEnd());
    QByteArray twice;
    CborWriter(&twice, &types()).writeVariant(again);
    require(once == twice);
}

template <class T>
void readTyped(QByteArrayView bytes)
{
    CborReader reader(bytes, &types());
    T value{};
    if (fromCbor(reader, &value)) {
        QByteArray out;
        CborWriter writer(&out, &types());
        toCbor(writer, value);
        writer.finish();
    } else {
        require(reader.isBroken() || reader.position() == 0);
    }
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    const QByteArrayView bytes(data, qsizetype(size));
    CborReader skipping(bytes, &types());
    const bool isSkipped = skipping.skip();
    CborReader reader(bytes, &types());
    QVariant value;
    if (reader.readVariant(&value)) {
        require(isSkipped && skipping.position() == reader.position());
        roundTrip(value);
    } else {
        require(reader.isBroken() && !reader.errorString().isEmpty());
    }
    readTyped<QMap<QString, QList<int>>>(bytes);
    readTyped<QList<QByteArray>>(bytes);
    readTyped<std::string>(bytes);
    readTyped<QDateTime>(bytes);
    readTyped<QPoint>(bytes);
    return 0;
}
