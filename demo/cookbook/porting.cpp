// SPDX-License-Identifier: MIT
// The code with QtPrefork in docs/porting.md.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QCryptographicHash>
#include <QtCore/QFile>
#include <QtCore/QFuture>

#include <cstdio>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

void say(const QString &text)
{
    std::printf("%s\n", qPrintable(text));
}

// [shared]
inline constexpr Method<QByteArray(QString)> checksum{"checksum"};

QByteArray checksumOf(const QString &path)
{
    QFile file(path);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        throw Error(file.errorString());
    return hash.result().toHex();
}
// [shared]

// [future]
QFuture<void> showChecksum(Client &client, const QString &path, QObject *window)
{
    return client.future(checksum, path)
        .then(window, [](const QByteArray &sum) { say(QString::fromLatin1(sum.first(8))); })
        .onCanceled(window, [] { say(QStringLiteral("canceled")); })
        .onFailed(window, [](const Error &error) { say(error.message()); });
}
// [future]

// [limited]
void showChecksumInTime(Client &client, const QString &path, QObject *window)
{
    client.with({.runTimeout = 10s})
        .call(
            checksum, path, window, [](const QByteArray &sum) { say(QString::fromLatin1(sum.first(8))); },
            [](const Error &error) { say(error.message()); });
}
// [limited]

// [frames]
void checkTwice(Client &client, const QString &path)
{
    frameTry(
        [&] {
            const CheckoutPtr checkout = client.checkout({.timeout = 5s});
            checkout->call(checksum, path, [checkout, path](const QByteArray &first) {
                checkout->call(checksum, path, [first](const QByteArray &second) {
                    say(first == second ? QStringLiteral("the same twice") : QStringLiteral("it has changed"));
                    QCoreApplication::quit();
                });
            });
        },
        [](const Error &error) {
            say(error.message());
            QCoreApplication::quit();
        });
}
// [frames]

}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add(checksum, checksumOf);
    Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.maxWorkers = 1});
    const QString path = app.arguments().value(1, QStringLiteral("/etc/hostname"));
    const QFuture<void> shown = showChecksum(client, path, &app);
    showChecksumInTime(client, path, &app);
    checkTwice(client, path);
    return QCoreApplication::exec();
}
