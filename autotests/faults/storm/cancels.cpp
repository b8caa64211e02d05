// SPDX-License-Identifier: MIT
#include "cancels.h"

#include "sending.h"

#include <QtCore/QTimer>

#include <vector>

namespace Storm {

using namespace std::chrono_literals;
using Prefork::Call;
using Prefork::Checkout;
using Prefork::CheckoutPtr;
using Prefork::Client;

namespace {

constexpr int MostCancelableCalls = 8;

// Of a one-shot that its maker has canceled nobody says that it has settled.
void awaitSettlement(Desk *desk, Client *client, const Request &request, const Call &call)
{
    QTimer::singleShot(0ms, client, [desk, client, request, call] {
        if (call.isSettled())
            desk->canceled(request);
        else
            awaitSettlement(desk, client, request, call);
    });
}

void cancelOneShot(Desk *desk, Client *client, const Request &request, const Call &call)
{
    if (desk->cancel(request, call))
        awaitSettlement(desk, client, request, call);
}

// How a checkout's calls are sent that may be canceled.
using SendOne = Call (*)(Desk *desk, Checkout *checkout, const Request &request);

// For one that the library cancels too, a callback hears of it if @p hearsAll.
void sendAndCancelSome(Desk *desk, Client *client, SendOne send, bool hearsAll)
{
    // A worker that there is not yet has been sent nothing. Over JSON it has one call at a time.
    const bool isAlone = client->protocol() == Prefork::Protocol::Native && client->idleWorkerCount() == 0;
    const CheckoutPtr checkout = client->checkout();
    const auto requests = std::make_shared<std::vector<Request>>();
    QObject::connect(checkout.get(), &Checkout::canceled, checkout.get(), [=](Prefork::CallId id) {
        const Request &request = requests->at(id - 1);
        if (!hearsAll || desk->isUnwanted(request))
            desk->canceled(request);
    });
    for (int left = 1 + pick(desk->random(), MostCancelableCalls); left > 0; --left) {
        const auto request = desk->draw();
        if (!request)
            return;
        requests->push_back(*request);
        const Call call = send(desk, checkout.get(), *request);
        if (!oneIn(desk->random(), 3))
            continue;
        const bool isBehind = client->protocol() == Prefork::Protocol::Json && requests->size() > 1
            && !desk->isUnwanted(requests->front());
        if (oneIn(desk->random(), 3))
            desk->cancel(*request, call, isAlone || isBehind ? Unsent : Wish());
        else
            QTimer::singleShot(moment(desk), client, [=, request = *request] { desk->cancel(request, call); });
    }
}

}

void oneShotCanceled(Desk *desk, Client *client)
{
    const auto request = desk->draw();
    if (!request)
        return;
    const Call call
        = oneIn(desk->random(), 2) ? sendForBoth(desk, client, *request) : sendAndCatch(desk, client, *request);
    if (oneIn(desk->random(), 4))
        cancelOneShot(desk, client, *request, call);
    else
        QTimer::singleShot(moment(desk), client,
                           [=, request = *request] { cancelOneShot(desk, client, request, call); });
}

void canceledByItsEvent(Desk *desk, Client *client)
{
    auto request = desk->draw();
    if (!request)
        return;
    if (request->kind == Request::Work)
        *request = toldInstead(desk->random(), *request);
    const auto call = std::make_shared<Call>();
    const int last = pick(desk->random(), request->steps + 1); // or never
    *call = sendAndCatch(desk, client, *request, [=, request = *request](int step) {
        if (step == last)
            cancelOneShot(desk, client, request, *call);
    });
}

void someCanceled(Desk *desk, Client *client)
{
    sendAndCancelSome(
        desk, client,
        [](Desk *at, Checkout *checkout, const Request &request) { return sendAndCatch(at, checkout, request); },
        false);
}

void someOfBothCanceled(Desk *desk, Client *client)
{
    sendAndCancelSome(
        desk, client,
        [](Desk *at, Checkout *checkout, const Request &request) { return sendForBoth(at, checkout, request); }, true);
}

void cancelFutureSoon(Desk *desk, Client *client, const Request &request, const QFuture<QString> &future,
                      const Call &call)
{
    const bool isByHandle = oneIn(desk->random(), 2);
    QTimer::singleShot(moment(desk), client, [=] {
        if (isByHandle)
            desk->cancel(request, call);
        else
            desk->cancel(request, future);
    });
}

}
