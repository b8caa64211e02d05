// SPDX-License-Identifier: MIT
// The examples of docs/errors.md, run one after the other against workers of this program.
#include <QtPrefork/Client>
#include <QtPrefork/Frame>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <cstdio>
#include <functional>

using Prefork::CheckoutPtr;
using Prefork::Client;
using Prefork::Error;
using Prefork::Frame;
using Prefork::frameTry;
using Prefork::Method;

namespace Bank {

inline constexpr Method<void()> begin{"begin"};
inline constexpr Method<void(QString, int)> add{"add"}; // to whom, how much
inline constexpr Method<void()> commit{"commit"};
inline constexpr Method<void()> rollback{"rollback"};
inline constexpr Method<QString()> quote{"quote"};
inline constexpr Method<QString(int)> askOracle{"askOracle"};

}

namespace {

using Done = std::function<void()>;

void say(const QString &text)
{
    std::puts(qPrintable(text));
}

// [bail-out]
// There are three steps, each in the callback of the one before. One catcher gets whatever goes wrong in any of them.
void bailOut(Client &client, const Done &done)
{
    frameTry(
        [&] {
            const CheckoutPtr checkout = client.checkout();
            checkout->call(Bank::quote, [checkout, done](const QString &quote) {
                checkout->call(Bank::add, quote, -1, [checkout, done] {
                    checkout->call(Bank::commit, done); // never reached: there is no such account
                });
            });
        },
        [done](const Error &error) {
            say(QStringLiteral("bail-out: ") + error.message());
            done();
        });
}
// [bail-out]

// [retry]
// Code in a catcher is still inside the frame that failed: its errors would come back to the same catcher. So the next
// attempt is made in the frame in which retry() was called, and an error that it cannot mend goes to the catcher there.
void retry(Client &client, int attempt, const std::function<void(QString)> &answered)
{
    const Frame outside = Frame::current();
    frameTry([&] { client.checkout()->call(Bank::askOracle, attempt, answered); },
             [&client, attempt, answered, outside](const Error &error) {
                 if (attempt == 3)
                     throw error;
                 say(QStringLiteral("retry: attempt %1: %2").arg(attempt).arg(error.message()));
                 outside.run([&] { retry(client, attempt + 1, answered); });
             });
}
// [retry]

// [transaction]
// After an error of a method, the checkout and its worker can be used as before: clean up, then let the error go on.
void transfer(Client &client, const QString &from, const QString &to, int amount, const Done &done)
{
    const CheckoutPtr checkout = client.checkout();
    frameTry(
        [&] {
            checkout->call(Bank::begin);
            checkout->call(Bank::add, from, -amount);
            checkout->call(Bank::add, to, amount); // if the call before fails, this one never runs
            checkout->call(Bank::commit, done);
        },
        [checkout](const Error &error) {
            if (!error.isFatal()) // after a fatal error there is no worker, and nothing to roll back
                checkout->call(Bank::rollback, [] { say(QStringLiteral("transaction: rolled back")); });
            throw error;
        });
}
// [transaction]

void fillInterface(Prefork::Interface &bank)
{
    bank.add(Bank::begin, [] {})
        .add(Bank::add,
             [](const QString &account, int) {
                 if (account != QStringLiteral("jimmy"))
                     throw Error(QStringLiteral("no account of %1").arg(account));
             })
        .add(Bank::commit, [] {})
        .add(Bank::rollback, [] {})
        .add(Bank::quote, [] { return QStringLiteral("nobody"); })
        .add(Bank::askOracle, [](int attempt) {
            if (attempt < 3)
                throw Error(QStringLiteral("the oracle is silent"));
            return QStringLiteral("42");
        });
}

}

int main(int argc, char *argv[])
{
    Prefork::Interface bank;
    fillInterface(bank);
    Prefork::Zygote zygote(bank);
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.name = "bank"});

    const auto third = [&client] {
        frameTry([&] { transfer(client, QStringLiteral("jimmy"), QStringLiteral("nobody"), 5, [] { }); },
                 [&client](const Error &error) {
                     say(QStringLiteral("transaction: ") + error.message());
                     client.close();
                 });
    };
    const auto second = [&client, third] {
        retry(client, 1, [third](const QString &answer) {
            say(QStringLiteral("retry: the answer is ") + answer);
            third();
        });
    };
    bailOut(client, second);
    QObject::connect(&client, &Client::closed, &app, &QCoreApplication::quit);
    return app.exec();
}
