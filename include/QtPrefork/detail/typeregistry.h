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

/// The types that may cross a connection as their QDataStream serialisation, each under a name both sides agree on. It
/// is an allow-list: what a peer names and is not in here is never made. A copy is independent of its original.
///
/// A type is as safe against a hostile peer as its operator>> is.
class QTPREFORK_EXPORT TypeRegistry
{
public:
    /// Whose types they are: error texts say where a type has to be registered.
    enum class Owner { Unknown, Client, Interface };

    explicit TypeRegistry(Owner owner = Owner::Unknown)
        : m_owner(owner)
    {
    }

    /// Allows @p T under @p name. False, and nothing changes, if the type has no QDataStream operators, the name is
    /// empty or not UTF-8, or one of both is taken by another. The same pair may be added again.
    template <class T>
    bool add(const QByteArray &name)
    {
        return add(name, QMetaType::fromType<T>());
    }
    /// The same for a type known at run time only.
    bool add(const QByteArray &name, QMetaType type);
    /// Why add() would return false, in a sentence that names both; empty if it would not.
    [[nodiscard]] QString problemOf(const QByteArray &name, QMetaType type) const;
    /// Has the types of @p other instead of those it had.
    void assign(const TypeRegistry &other);
    /// That a type is not among @p types, as the end of a sentence: "is not registered here, …". Null for nobody's.
    [[nodiscard]] static QString missing(const TypeRegistry *types);

    /// The name @p type was added under; null if it was not. The pointer is good until the registry changes.
    [[nodiscard]] const QByteArray *nameOf(QMetaType type) const
    {
        const auto entry = m_names.constFind(type.id());
        return entry == m_names.cend() ? builtInNameOf(type) : &entry.value();
    }
    /// The type added under @p name, or built in; an invalid one if there is none.
    [[nodiscard]] QMetaType typeOf(QByteArrayView name) const;
    /// The same of a built-in type only, in every registry of the program.
    [[nodiscard]] static const QByteArray *builtInNameOf(QMetaType type);
    /// How a built-in type is written and read, if that is not what its QDataStream operators do.
    struct Operators
    {
        bool (*save)(QDataStream &stream, const void *value) = nullptr;
        bool (*load)(QDataStream &stream, void *value) = nullptr;
    };
    /// Builds a type in: it is in every registry of the program, unless that has another type of this name. May be
    /// called before main(). Returns true.
    static bool addBuiltIn(const QByteArray &name, QMetaType type, const Operators &operators);
    /// Writes or reads a value of type @p type, which crosses under @p name; false if its operators fail.
    [[nodiscard]] static bool save(const QByteArray &name, QMetaType type, QDataStream &stream, const void *value);
    [[nodiscard]] static bool load(const QByteArray &name, QMetaType type, QDataStream &stream, void *value);
    /// True if no type was added.
    [[nodiscard]] bool isEmpty() const { return m_types.isEmpty(); }

private:
    Owner m_owner;
    QHash<QByteArray, QMetaType> m_types;
    QHash<int, QByteArray> m_names;
};

}

#endif
