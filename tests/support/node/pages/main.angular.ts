// Shows the component of the guide, and the statuses that it passes on. Compiled in the browser.
import "@angular/compiler";
import { Component, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import type { StatusDetail } from "./embed-v1";
import { IdentityCheck } from "./identity-check";

@Component({
  selector: "#app",
  imports: [IdentityCheck],
  template: `
    <h1>My account</h1>
    <app-identity-check (statusChange)="add($event)" />
    <p id="statuses">{{ statuses().join(",") }}</p>
  `,
})
class Account {
  protected readonly statuses = signal<string[]>([]);

  protected add(detail: StatusDetail): void {
    this.statuses.update((before) => [...before, detail.status]);
  }
}

bootstrapApplication(Account, { providers: [provideZonelessChangeDetection()] });
