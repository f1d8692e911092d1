// Package wire holds what the consumer and the provider share: the interface's name, its classes, and the protocol's setup.
package wire

import (
	hessian "github.com/apache/dubbo-go-hessian2"
	"github.com/apache/dubbo-go-hessian2/java_exception"
)

// Interface is the Java interface that both sides speak.
const Interface = "io.meltemi.interop.api.GreeterService"

// PayloadBytes is the longest message accepted; dubbo-go's own default is 102,400 bytes.
const PayloadBytes = 16 << 20

// Customer is io.meltemi.interop.api.Customer.
type Customer struct {
	Name  string
	Email string
	Age   int32
}

// JavaClassName names the class on the wire.
func (*Customer) JavaClassName() string { return "io.meltemi.interop.api.Customer" }

// Person is io.meltemi.interop.api.Person: references to itself and shared.
type Person struct {
	Name    string
	Spouse  *Person
	Self    *Person
	Friends []*Person
}

// JavaClassName names the class on the wire.
func (*Person) JavaClassName() string { return "io.meltemi.interop.api.Person" }

// GreetException is io.meltemi.interop.api.GreetException.
type GreetException struct {
	DetailMessage        string
	SuppressedExceptions []java_exception.Throwabler
	StackTrace           []java_exception.StackTraceElement
	Cause                java_exception.Throwabler
	Code                 int32
}

// JavaClassName names the class on the wire.
func (*GreetException) JavaClassName() string { return "io.meltemi.interop.api.GreetException" }

// Error is the message.
func (e *GreetException) Error() string { return e.DetailMessage }

// GetStackTrace makes it a Java exception to dubbo-go.
func (e *GreetException) GetStackTrace() []java_exception.StackTraceElement { return e.StackTrace }

// Register makes the classes known to Hessian.
func Register() {
	hessian.RegisterPOJO(&Customer{})
	hessian.RegisterPOJO(&Person{})
	hessian.RegisterPOJO(&GreetException{})
}

// SessionParams sets up a getty endpoint: one connection, heartbeats each second, long messages.
func SessionParams() map[string]interface{} {
	return map[string]interface{}{
		"connection-number": 1,
		"heartbeat-period":  "1s",
		"heartbeat-timeout": "1s",
		"session-timeout":   "60s",
		"getty-session-param": map[string]interface{}{
			"tcp-no-delay": true,
			"max-msg-len":  PayloadBytes,
		},
	}
}
