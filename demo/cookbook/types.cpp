// SPDX-License-Identifier: MIT
// Types of one's own as parameters and results: a gadget needs nothing, any other type is registered by a name on both
// sides.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/WaitFor>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QDataStream>

#include <cstdio>

using namespace Prefork;

// [gadget]
// A gadget is sent field by field, over both protocols.
struct Contact
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(QStringList mails MEMBER mails)
    Q_PROPERTY(Kind kind MEMBER kind)

public:
    enum Kind { Person, Company };
    Q_ENUM(Kind)

    QString name;
    QStringList mails;
    Kind kind = Person;
};
// [gadget]

// [registered]
// A registered type is sent as its operator<< writes it, over the native protocol.
class Money
{
public:
    Money() = default;
    explicit Money(qint64 cents)
        : m_cents(cents)
    {
    }
    [[nodiscard]] qint64 cents() const { return m_cents; }
    friend QDataStream &operator<<(QDataStream &out, const Money &money) { return out << money.m_cents; }
    friend QDataStream &operator>>(QDataStream &in, Money &money) { return in >> money.m_cents; }

private:
    qint64 m_cents = 0;
};
// [registered]
Q_DECLARE_METATYPE(Money)

namespace {

inline constexpr Method<Contact(Contact)> promote{"promote"};
inline constexpr Method<Money(QList<Money>)> total{"total"};

}

int main(int argc, char *argv[])
{
    Interface work;
    if (!work.registerType<Money>("Money"))
        return 1; // a warning was printed that says why
    work.add(promote, [](Contact contact) {
        contact.kind = Contact::Company;
        contact.mails.append(QStringLiteral("office@example.org"));
        return contact;
    });
    work.add(total, [](const QList<Money> &amounts) {
        qint64 cents = 0;
        for (const Money &amount : amounts)
            cents += amount.cents();
        return Money(cents);
    });
    Zygote zygote(work);
    QCoreApplication app(argc, argv);
    Client client(&zygote); // knows the types of its zygote; a client of a server must register them too

    Contact contact;
    contact.name = QStringLiteral("Ada");
    contact.mails = {QStringLiteral("ada@example.org")};
    QFuture<Contact> promoted = client.future(promote, contact);
    QFuture<Money> sum = client.future(total, QList<Money>{Money(150), Money(275)});
    if (!waitFor(promoted) || !waitFor(sum))
        return 1;
    std::printf("%s has %d addresses and is of kind %d\n", qPrintable(promoted.result().name),
                int(promoted.result().mails.size()), int(promoted.result().kind));
    std::printf("the sum is %lld cents\n", static_cast<long long>(sum.result().cents()));
    return 0;
}

#include "types.moc"
