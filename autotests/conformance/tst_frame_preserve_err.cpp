// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<int> foo{123};

}

// Perl's `$@` is visible inside the callback: an in-band error. Here it is an argument, an Error or an exception_ptr.
class tst_frame_preserve_err : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f20_inBandErrorPassesThroughTheFrame();
    void f20_rethrowingAnInBandErrorReachesTheCatcher();
};

void tst_frame_preserve_err::f20_inBandErrorPassesThroughTheFrame()
{
    std::function<void(std::exception_ptr)> callback;
    QStringList seen;
    frame({.name = "base frame", .locals = {foo}}, [&] {
        callback = frame(
            {},
            [&](const std::exception_ptr &inBand) {
                seen << Error::fromException(inBand).message() << QString::number(*foo);
                foo = 234;
                throw Error(QStringLiteral("byebye"));
            },
            [&](const Error &error) { seen << error.message(); });
    })();
    callback(std::make_exception_ptr(std::runtime_error("pass me through")));
    QCOMPARE(seen.join(u'|'), QStringLiteral("pass me through|0|byebye"));
    QCOMPARE(*foo, 123);
}

void tst_frame_preserve_err::f20_rethrowingAnInBandErrorReachesTheCatcher()
{
    QStringList seen;
    std::function<void(std::optional<Error>)> callback;
    frameTry(
        [&] {
            callback = fub([&](const std::optional<Error> &inBand) {
                if (inBand)
                    inBand->rethrow();
                seen << QStringLiteral("fine");
            });
        },
        [&](const Error &error) { seen << error.message(); });
    callback(std::nullopt);
    callback(Error(QStringLiteral("die $@ if $@")));
    QCOMPARE(seen.join(u'|'), QStringLiteral("fine|die $@ if $@"));
}

QTEST_GUILESS_MAIN(tst_frame_preserve_err)
#include "tst_frame_preserve_err.moc"
