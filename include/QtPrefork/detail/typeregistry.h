// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_TYPEREGISTRY_H
#define QTPREFORK_DETAIL_TYPEREGISTRY_H

#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QHash>
#include <QtCore/QMetaType>
#include <QtCore/QString>

QT_BEGIN_NAMESPACE
class QDataStream;
QT_END_NAMESPACE

namespace Prefork::detail {

/// The types whose values are sent as their QDataStream serialisation, each under a name that both sides know. A type
/// that a peer names and that is not in this list is never created. A copy is independent of its original.
///
/// A type is as safe against a hostile peer as its `operator>>` is.
class QTPREFORK_EXPORT TypeRegistry
{
public:
    /// Who has these types. Error texts use it to say where a type must be registered.
    enum class Owner { Unknown, Client, Interface };

    explicit TypeRegistry(Owner owner = Owner::Unknown)
        : m_owner(owner)
    {
    }

    /// Allows @p T under @p name, and returns true. Returns false, and changes nothing, if the type has no QDataStream
    /// operators, if the name is empty or is not UTF-8, or if the name belongs to another type or the type has another
    /// name. The same pair may be added again.
    template <class T>
    bool add(const QByteArray &name)
    {
        return add(name, QMetaType::fromType<T>());
    }
    /// Does the same for a type that is known only at run time.
    bool add(const QByteArray &name, QMetaType type);
    /// Returns a sentence that says why add() would return false and names the type and the name, or an empty string if
    /// it would return true.
    [[nodiscard]] QString problemOf(const QByteArray &name, QMetaType type) const;
    /// Replaces the types by those of @p other.
    void assign(const TypeRegistry &other);
    /// Returns the end of a sentence that says that the type of that name is not among @p types: "is not registered
    /// here, …", or that registering it is not what helps. If @p types is null or its owner is unknown, the text does
    /// not say where the type must be registered.
    [[nodiscard]] static QString missing(const TypeRegistry *types, QByteArrayView name);
    /// Does the same for a type of this program, and knows more of it: a gadget without fields may have no operators.
    [[nodiscard]] static QString missing(const TypeRegistry *types, QMetaType type);
    /// Returns the end of such a sentence for a type that no registration and no protocol makes fit to be sent: a
    /// pointer, or a gadget that has neither fields nor operators. Returns an empty string for any other type.
    [[nodiscard]] static QString neverSendable(QMetaType type);

    /// Returns the name of @p type, or null if it was not added. The pointer is valid until the registry changes.
    [[nodiscard]] const QByteArray *nameOf(QMetaType type) const
    {
        const auto entry = m_names.constFind(type.id());
        return entry == m_names.cend() ? builtInNameOf(type) : &entry.value();
    }
    /// Returns the type that was added under @p name or is built in under this name, or an invalid type if there is
    /// none.
    [[nodiscard]] QMetaType typeOf(QByteArrayView name) const;
    /// Returns the name of a built-in type, which every registry of the program has, or null if @p type is not built
    /// in.
    [[nodiscard]] static const QByteArray *builtInNameOf(QMetaType type);
    /// The functions that write and read a built-in type, if they are not its QDataStream operators.
    struct Operators
    {
        bool (*save)(QDataStream &stream, const void *value) = nullptr;
        bool (*load)(QDataStream &stream, void *value) = nullptr;
    };
    /// Adds a built-in type: every registry of the program has it, unless the registry has another type of this name.
    /// This may be called before main(). Returns true.
    static bool addBuiltIn(const QByteArray &name, QMetaType type, const Operators &operators);
    /// Writes or reads a value of @p type, which is sent under @p name. Returns false if its operators fail.
    [[nodiscard]] static bool save(const QByteArray &name, QMetaType type, QDataStream &stream, const void *value);
    [[nodiscard]] static bool load(const QByteArray &name, QMetaType type, QDataStream &stream, void *value);
    /// Returns true if no type was added.
    [[nodiscard]] bool isEmpty() const { return m_types.isEmpty(); }

private:
    Owner m_owner;
    QHash<QByteArray, QMetaType> m_types;
    QHash<int, QByteArray> m_names;
};

}

#endif
