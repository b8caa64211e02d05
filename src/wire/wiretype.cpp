// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/detail/valuetypes.h>

#include "wire/coretypes_p.h"
#include "wire/iterables_p.h"

#include <QtCore/QMetaProperty>

namespace Prefork::detail {

namespace {

char simpleWireType(QMetaType type)
{
    if (Wire::isIntegerType(type))
        return 'i';
    switch (type.id()) {
    case QMetaType::Bool:
        return 'b';
    case QMetaType::Float:
    case QMetaType::Double:
        return 'd';
    case QMetaType::QString:
        return 's';
    case QMetaType::QByteArray:
        return 'y';
    case QMetaType::QChar:
        return 'h';
    case QMetaType::QDateTime:
        return 't';
    case QMetaType::QUrl:
        return 'u';
    case QMetaType::QUuid:
        return 'g';
    case QMetaType::QVariant:
        return 'v';
    case QMetaType::UnknownType:
    case QMetaType::Void:
    case QMetaType::Nullptr:
        return 'n';
    default:
        return type.flags() & QMetaType::IsEnumeration ? 'i' : type == QMetaType::fromType<std::string>() ? 's' : '\0';
    }
}

void append(QByteArray *out, QMetaType type, QList<QMetaType> *around);

void appendGadget(QByteArray *out, const QMetaObject &meta, QMetaType type, QList<QMetaType> *around)
{
    out->append('{').append(meta.className());
    if (!around->contains(type)) { // a gadget that contains values of its own type describes itself only once
        around->append(type);
        for (int i = 0; i < meta.propertyCount(); ++i) {
            const QMetaProperty property = meta.property(i);
            if (!isField(property))
                continue;
            out->append(';').append(property.name()).append(':');
            append(out, property.metaType(), around);
        }
        around->removeLast();
    }
    out->append('}');
}

void append(QByteArray *out, QMetaType type, QList<QMetaType> *around)
{
    if (const char simple = simpleWireType(type)) {
        out->append(simple);
    } else if (isGadget(type)) {
        appendGadget(out, *type.metaObject(), type, around);
    } else if (QMetaType::canView(type, QMetaType::fromType<Wire::AssociativeView>())) {
        const QMetaAssociation container = QVariant(type).view<Wire::AssociativeView>().metaContainer();
        out->append(Wire::isNumberKey(container.keyMetaType()) ? "m<i:" : "m<");
        append(out, container.mappedMetaType(), around);
        out->append('>');
    } else if (QMetaType::canView(type, QMetaType::fromType<Wire::SequentialView>())) {
        append(&out->append(Wire::isSetType(type) ? "e<" : "l<"),
               QVariant(type).view<Wire::SequentialView>().metaContainer().valueMetaType(), around);
        out->append('>');
    } else if (const auto [first, second] = Wire::typesOfPair(type); first.isValid()) {
        append(&out->append("p<"), first, around);
        append(&out->append(';'), second, around);
        out->append('>');
    } else if (const ValueType *const known = valueTypeOf(type)) {
        known->appendWireType(out);
    } else {
        out->append(Wire::coreTag(type) ? "Q<" : "R<").append(type.name()).append('>');
    }
}

}

void appendWireType(QByteArray *out, QMetaType type)
{
    QList<QMetaType> around;
    append(out, type, &around);
}

}
