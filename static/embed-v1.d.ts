/**
 * Types of `<mobbscan-onboarding>`, the element that `embed-v1.js` defines.
 *
 *     <mobbscan-onboarding server="https://verify.example" site="shop" token-url="/identity-token">
 *       <a href="/verify">Verify my identity</a>
 *     </mobbscan-onboarding>
 *
 * Attributes: `server` and `site` (required), `display` (`inline`, `modal` or `redirect`), `flow`,
 * `locale`, `microphone`, and `token-url` unless the property `fetchToken` is set.
 *
 * Enums are open: expect values that are not listed here.
 */

type Open<Known extends string> = Known | (string & {});

export type OnboardingStatus = Open<
  | "created"
  | "started"
  | "interrupted"
  | "submitted"
  | "deciding"
  | "in_review"
  | "verified"
  | "rejected"
  | "expired"
  | "canceled"
  | "erased"
>;

export type ErrorCode = Open<
  | "frame_silent"
  | "frame_blocked_by_csp"
  | "cross_origin_isolated"
  | "camera_blocked_by_policy"
  | "insecure_context"
  | "in_app_browser"
  | "token_failed"
>;

/** `user`: the close button or Escape. `host`: `close()`. `back`: returned from the full screen. */
export type CloseReason = Open<
  "user" | "escape" | "host" | "destroyed" | "removed" | "back" | "error" | "retry" | "not_me"
>;

export interface OnboardingDetail {
  /** Id of the onboarding. */
  onboarding: string;
}

export interface StatusDetail {
  status: OnboardingStatus;
  next: Open<"continue" | "wait" | "retry" | "done">;
  /** Whether the status no longer changes. */
  final: boolean;
  /** Signed result (JWS). Send it to your back end, which verifies it; nothing else is proof. */
  result: string | null;
}

export interface ErrorDetail {
  code: ErrorCode;
  /** Whether opening again may help. */
  retry: boolean;
  /** Address of a page that explains the code. */
  doc: string;
}

export interface ClosedDetail {
  reason: CloseReason;
}

export interface MobbscanOnboardingEventMap {
  ready: CustomEvent<Record<string, never>>;
  started: CustomEvent<OnboardingDetail>;
  submitted: CustomEvent<OnboardingDetail>;
  status: CustomEvent<StatusDetail>;
  /** `preventDefault()` stops what follows by itself, such as going full screen. */
  error: CustomEvent<ErrorDetail>;
  closed: CustomEvent<ClosedDetail>;
}

/** Attributes, for frameworks that check the types of templates. */
export interface MobbscanOnboardingAttributes {
  /** `PUBLIC_URL` of the server. */
  server: string;
  /** Id of the site in `sites.toml`. */
  site: string;
  display?: "inline" | "modal" | "redirect";
  flow?: string;
  locale?: string;
  /** Its presence requests the microphone too. */
  microphone?: boolean | "";
  /** Address of the host site, of the page's own origin, that answers `{token}`. */
  "token-url"?: string;
}

export interface MobbscanOnboardingElement extends HTMLElement {
  /** Returns a new hand-off token from your back end. Called at the click, and when a session ends. */
  fetchToken: (() => Promise<string>) | null;
  /** Opens the verification, as a click on the link does. Does nothing while it is open. */
  open(): void;
  /** Closes the verification. The user can open it again and continues. */
  close(): void;
  /** Closes the verification and removes all listeners; the link becomes an ordinary link. */
  destroy(): void;
  addEventListener<Name extends keyof MobbscanOnboardingEventMap>(
    type: Name,
    listener: (this: MobbscanOnboardingElement, event: MobbscanOnboardingEventMap[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof MobbscanOnboardingEventMap>(
    type: Name,
    listener: (this: MobbscanOnboardingElement, event: MobbscanOnboardingEventMap[Name]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "mobbscan-onboarding": MobbscanOnboardingElement;
  }
}
