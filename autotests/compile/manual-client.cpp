// SPDX-License-Identifier: MIT
#include "hasher.h"

#include <QtPrefork/Arguments>
#include <QtPrefork/Checkout>
#include <QtPrefork/Client>
#include <QtPrefork/Error>
#include <QtPrefork/Frame>

#include <QtCore/QDebug>
#include <QtCore/QObject>

using namespace std::chrono_literals;

void hashAndVerify()
{
    Prefork::Client client("unix:/run/user/1000/passwd-hasher.socket");
    Prefork::frameTry(
        [&] {
            auto checkout = client.checkout({.timeout = 5s});
            checkout->call(Hasher::hash, "secret", [checkout](const QString &crypted) {
                checkout->call(Hasher::verify, crypted, "secret", [](bool ok) { qInfo() << "Verify result is" << ok; });
            });
        },
        [](const Prefork::Error &error) { qWarning().noquote() << error.message() << error.backTrace(); });
}

class Receiver : public QObject
{
public:
    void takeHash(const QString &) { }
    void takeRow(const QVariant &) { }
};

// Every form a call may have.
void callForms(const Prefork::CheckoutPtr &checkout, Receiver *receiver)
{
    const QString sql = QStringLiteral("SELECT 1");
    const QVariantList list{1, 2};
    checkout->call(Hasher::hash, "secret");
    checkout->call(Hasher::hash, QStringLiteral("secret"), [] { });
    checkout->call(Hasher::hash, QLatin1StringView("secret"), [](const QVariant &) { });
    checkout->call(Hasher::hash, u"secret", receiver, [](const QString &) { });
    checkout->call(Hasher::hash, "secret", receiver, &Receiver::takeHash);
    checkout->call(Hasher::hash, "secret", Prefork::fub([](const QString &) { }));
    checkout->call("selectrow", {sql, 5}, [](const QVariant &) { });
    checkout->call("selectrow", {sql, "literal", 1.5, true}, receiver, &Receiver::takeRow);
    checkout->call("one", {list});
    checkout->call("two", list);
    checkout->call("none", {}, [](const QVariant &) { });
    checkout->call("none");
    checkout->call(Hasher::hash, "secret", nullptr);
    checkout->call(Hasher::hash, "secret", std::function<void(const QString &)>());
    checkout->call("one", {1}, receiver, static_cast<void (Receiver::*)(const QVariant &)>(nullptr));
    checkout->callFunction({sql, 5}, [](const QVariant &) { });
    checkout->callFunction(list);
}
