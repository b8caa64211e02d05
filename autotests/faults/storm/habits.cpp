// SPDX-License-Identifier: MIT
#include "habits.h"

#include "cancels.h"
#include "sending.h"

#include <QtCore/QTimer>

#include <array>
#include <vector>

namespace Storm {

using namespace std::chrono_literals;
using Prefork::Checkout;
using Prefork::CheckoutPtr;
using Prefork::Client;
using Prefork::Error;

namespace {

constexpr int MostCalls = 8;

// The calls of a checkout are numbered from 1, in order.
void hearOfCanceled(Desk *desk, const CheckoutPtr &checkout, const std::shared_ptr<std::vector<Request>> &requests)
{
    QObject::connect(checkout.get(), &Checkout::canceled, checkout.get(),
                     [desk, requests](Prefork::CallId call) { desk->canceled(requests->at(call - 1)); });
}

void pipelined(Desk *desk, const CheckoutPtr &checkout)
{
    const auto requests = std::make_shared<std::vector<Request>>();
    hearOfCanceled(desk, checkout, requests);
    for (int left = 1 + pick(desk->random(), MostCalls); left > 0; --left) {
        if (const auto request = desk->draw()) {
            requests->push_back(*request);
            sendAndCatch(desk, checkout.get(), *request);
        }
    }
}

void inCheckout(Desk *desk, Client *client)
{
    pipelined(desk, client->checkout());
}

void inAHurry(Desk *desk, Client *client)
{
    pipelined(desk, client->checkout({.timeout = 1ms + moment(desk)}));
}

void givenUp(Desk *desk, Client *client)
{
    const CheckoutPtr checkout = client->checkout();
    pipelined(desk, checkout);
    QTimer::singleShot(moment(desk), client, [checkout] { checkout->abort(); });
}

void bySignals(Desk *desk, Client *client)
{
    const CheckoutPtr checkout = client->checkout();
    const auto requests = std::make_shared<std::vector<Request>>();
    hearOfCanceled(desk, checkout, requests);
    QObject::connect(checkout.get(), &Checkout::finished, checkout.get(),
                     [desk, requests](Prefork::CallId call, const QVariant &answer) {
                         desk->answered(requests->at(call - 1), answer.toString());
                     });
    QObject::connect(
        checkout.get(), &Checkout::errored, checkout.get(),
        [desk, requests](Prefork::CallId call, const Error &error) { desk->failed(requests->at(call - 1), error); });
    for (int left = 1 + pick(desk->random(), MostCalls); left > 0; --left) {
        if (const auto request = desk->draw()) {
            requests->push_back(*request);
            send(desk, checkout.get(), *request, {});
        }
    }
    checkout->release();
}

// Each call is made in the callback of the one before.
void inAChain(Desk *desk, const CheckoutPtr &checkout, int left)
{
    const auto request = left > 0 ? desk->draw() : std::nullopt;
    if (!request)
        return;
    Prefork::frameTry(
        [&] {
            send(desk, checkout.get(), *request, {}, [desk, checkout, left, request = *request](const QString &answer) {
                desk->answered(request, answer);
                inAChain(desk, checkout, left - 1);
            });
        },
        [desk, request = *request](const Error &error) { desk->failed(request, error); });
}

void chained(Desk *desk, Client *client)
{
    inAChain(desk, client->checkout(), 1 + pick(desk->random(), MostCalls));
}

template <class Target>
void futureOf(Desk *desk, Client *client, Target *target, const Request &request)
{
    if (!oneIn(desk->random(), 15)) {
        awaitFuture(desk, request, sendForFuture(desk, target, request));
        return;
    }
    Prefork::Call call;
    const QFuture<QString> future = awaitFuture(desk, request, sendForFuture(desk, target, request, &call));
    cancelFutureSoon(desk, client, request, future, call);
}

void futures(Desk *desk, Client *client)
{
    const CheckoutPtr checkout = client->checkout();
    for (int left = 1 + pick(desk->random(), MostCalls); left > 0; --left) {
        const auto request = desk->draw();
        if (!request)
            return;
        futureOf(desk, client, checkout.get(), *request);
    }
}

void oneShot(Desk *desk, Client *client)
{
    if (const auto request = desk->draw())
        sendAndCatch(desk, client, *request);
}

void oneShotByName(Desk *desk, Client *client)
{
    const auto request = desk->draw();
    if (!request)
        return;
    if (request->kind != Request::Work) {
        sendAndCatch(desk, client, *request);
        return;
    }
    Prefork::frameTry(
        [&] {
            client->call(
                QStringLiteral("work"),
                {request->id, request->nonce, request->answerSize, request->microseconds, request->payload()},
                [desk, request = *request](const QVariant &answer) { desk->answered(request, answer.toString()); });
        },
        [desk, request = *request](const Error &error) { desk->failed(request, error); });
}

void oneShotFuture(Desk *desk, Client *client)
{
    const auto request = desk->draw();
    if (!request)
        return;
    futureOf(desk, client, client, *request);
}

struct Habit
{
    int share;
    void (*use)(Desk *desk, Client *client);
};

constexpr std::array Habits{
    Habit{8, oneShot},
    Habit{2, oneShotByName},
    Habit{3, oneShotFuture},
    Habit{6, inCheckout},
    Habit{2, bySignals},
    Habit{2, chained},
    Habit{3, futures},
    Habit{2, inAHurry},
    Habit{1, givenUp},
    Habit{2, oneShotCanceled},
    Habit{1, canceledByItsEvent},
    Habit{2, someCanceled},
    Habit{1, someOfBothCanceled},
};

}

void useClient(Desk *desk, Client *client)
{
    int shares = 0;
    for (const Habit &habit : Habits)
        shares += habit.share;
    int chosen = pick(desk->random(), shares);
    for (const Habit &habit : Habits) {
        chosen -= habit.share;
        if (chosen < 0) {
            habit.use(desk, client);
            return;
        }
    }
}

}
