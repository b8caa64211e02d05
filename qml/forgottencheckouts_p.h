// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_FORGOTTENCHECKOUTS_P_H
#define QTPREFORK_QML_FORGOTTENCHECKOUTS_P_H

#include <QtCore/QObject>
#include <QtCore/QTimer>

namespace Prefork::Qml {

class QmlCheckout;
class QmlClient;

/// Knows the checkouts of a client that JavaScript has. A checkout that no script refers to any more keeps its worker
/// until it is collected as garbage, which may never happen. So while other checkouts wait for a worker, and one of
/// these has been idle for a second, this class has the garbage collected, once a second at most.
class ForgottenCheckouts : public QObject
{
    Q_OBJECT

public:
    explicit ForgottenCheckouts(QmlClient *client);

    void add(const QmlCheckout *checkout);
    void remove(const QmlCheckout *checkout) { m_checkouts.removeOne(checkout); }
    /// Must be called when the number of waiting checkouts may have changed.
    void look();

private:
    void collect();

    QmlClient *const m_client;
    QList<const QmlCheckout *> m_checkouts;
    QTimer m_timer;
};

}

#endif
